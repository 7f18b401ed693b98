"""The report of a build that has not been verified yet."""

from collections.abc import Mapping
from typing import Literal

from ..compile.image import Image
from ..lower.program import TYPE_BYTES, Program, Sums
from ..lower.tables import percent_off
from ..network import Network
from ..numbers.functions import tanh_table
from ..project import Settings
from ..quantize.quantized import QuantizedNetwork, SendGroup
from . import report


def report_of(
    settings: Settings,
    network: Network,
    program: Program,
    shares: Mapping[str, float],
    image: Image,
    digest: str,
    notes: tuple[str, ...],
    tools: dict[str, str],
) -> report.Report:
    """What a build came to. Compression counts all that the model keeps in flash: its constants and the table.

    shares: by send group, the share of its elements that was sent on the calibration set.
    """
    quantized = program.network
    quantized_bytes = image.sizes.weights + tanh_table().nbytes
    return report.Report(
        schema=report.SCHEMA,
        model=report.Model(name=network.name, parameters=network.parameters),
        target=settings.target,
        digest=digest,
        tools=tools,
        compression=report.Compression(
            float_bytes=network.float_bytes,
            quantized_bytes=quantized_bytes,
            percent=percent_off(quantized_bytes, network.float_bytes),
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
        groups=tuple(_group(group, program.modes[group.name], shares[group.name]) for group in quantized.groups),
        accumulators=tuple(_accumulator(sums, quantized) for sums in program.sums.values()),
        notes=(*network.notes, *notes, *_dense_notes(program, shares, settings.target)),
        files=(),
        build=settings.recorded,
    )


def _dense_notes(program: Program, shares: Mapping[str, float], target: str) -> list[str]:
    """Where thresholds do not make products cheaper, in one sentence."""
    held = [group for group in program.network.groups if group.delta and program.modes[group.name] == "dense"]
    if not held:
        return []
    names = ", ".join(f"{group.name} (would send {100 * shares[group.name]:.0f} %)" for group in held)
    return [f"dense products over the values last sent, cheaper on {target}: {names}"]


def _threshold(group: SendGroup) -> int | None:
    """The largest threshold of a group, None where it has none and its products see every value."""
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
            rounding=path.rounding,
            threshold=_threshold(network.group(path.group)),
            largest_accumulator=path.largest_accumulator,
            directions=len(layer.directions),
            once=layer.name in once,
        )
        for layer in network.layers
        for path in layer.paths
    )


def _group(group: SendGroup, mode: Literal["delta", "dense"], share: float) -> report.GroupEntry:
    return report.GroupEntry(
        name=group.name,
        width=group.width,
        bits=group.bits,
        scale=group.scale,
        threshold=_threshold(group),
        sent=share,
        mode=mode,
    )


def _accumulator(sums: Sums, network: QuantizedNetwork) -> report.AccumulatorEntry:
    accumulator = sums.accumulator
    return report.AccumulatorEntry(
        name=accumulator.name,
        rows=accumulator.rows,
        shared=len(accumulator.matrices) > 1,
        paths=tuple(path.name for path in network.paths if path.accumulator == accumulator.name),
        ram=sums.rows * TYPE_BYTES["int32_t"] if sums.kept else 0,
    )
