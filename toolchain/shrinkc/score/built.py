"""The report of a build that has not been verified yet."""

from ..compile.image import Image
from ..lower.memory import padded
from ..lower.program import TYPE_BYTES, Program
from ..network import Network
from ..numbers.functions import tanh_table
from ..project import Settings
from ..quantize.quantized import Accumulator, QuantizedNetwork, SendGroup
from . import report

FLOAT_BYTES = 4


def report_of(
    settings: Settings,
    network: Network,
    program: Program,
    image: Image,
    digest: str,
    notes: tuple[str, ...],
    tools: dict[str, str],
) -> report.Report:
    """What a build came to. Compression counts all that the model keeps in flash: its constants and the table."""
    quantized = program.network
    float_bytes = network.parameters * FLOAT_BYTES
    quantized_bytes = image.sizes.weights + tanh_table().nbytes
    return report.Report(
        schema=report.SCHEMA,
        model=report.Model(name=network.name, parameters=network.parameters),
        target=settings.target,
        digest=digest,
        tools=tools,
        compression=report.Compression(
            float_bytes=float_bytes,
            quantized_bytes=quantized_bytes,
            percent=100.0 * (1.0 - quantized_bytes / float_bytes),
        ),
        sizes=report.Sizes(
            flash=image.sizes.flash,
            weights=image.sizes.weights,
            code=image.sizes.code,
            ram=image.sizes.ram,
            stack=image.sizes.stack,
            image=image.sizes.image,
        ),
        paths=_paths(quantized),
        groups=tuple(_group(group) for group in quantized.groups),
        accumulators=tuple(_accumulator(one, quantized) for one in quantized.accumulators),
        notes=(*network.notes, *notes),
        files=(),
        build=settings.recorded,
    )


def _threshold(group: SendGroup) -> int | None:
    """The largest threshold of a group, None where its products are dense."""
    return int(group.thresholds.max()) if group.delta else None


def _paths(network: QuantizedNetwork) -> tuple[report.PathEntry, ...]:
    once, ended = set(), False
    for rank in network.ranks:
        once |= {layer.name for layer in rank if ended}
        ended = ended or rank[0].last
    return tuple(
        report.PathEntry(
            name=path.name,
            group=path.group,
            rows=path.rows,
            columns=path.columns,
            weight_bits=path.weight_bits,
            activation_bits=path.activation_bits,
            clipping=path.clipping,
            threshold=_threshold(network.group(path.group)),
            largest_accumulator=path.largest_accumulator,
            directions=len(layer.directions),
            once=layer.name in once,
        )
        for layer in network.layers
        for path in layer.paths
    )


def _group(group: SendGroup) -> report.GroupEntry:
    return report.GroupEntry(
        name=group.name,
        width=group.width,
        bits=group.bits,
        scale=group.scale,
        threshold=_threshold(group),
        mode="delta" if group.delta else "dense",
    )


def _accumulator(accumulator: Accumulator, network: QuantizedNetwork) -> report.AccumulatorEntry:
    return report.AccumulatorEntry(
        name=accumulator.name,
        rows=accumulator.rows,
        shared=len(accumulator.matrices) > 1,
        paths=tuple(path.name for path in network.paths if path.accumulator == accumulator.name),
        ram=padded(accumulator) * TYPE_BYTES["int32_t"] if accumulator.delta else 0,
    )
