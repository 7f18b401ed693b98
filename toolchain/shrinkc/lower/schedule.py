"""In which order a layer's step is computed: what the products read, and what outlives its loop."""

from dataclasses import dataclass

from ..numbers.operations import Operation
from ..quantize.quantized import QuantizedLayer, QuantizedNetwork


def leaves(operation: Operation) -> list[Operation]:
    """The leaves of an operation: values, sums, trained vectors, the input."""
    if operation.function in ("value", "input", "parameter", "requantize", "rescale"):
        return [operation]
    return [leaf for argument in operation.arguments for leaf in leaves(argument)]


def values_read(operation: Operation) -> set[str]:
    """Names of the states and earlier results that an operation reads."""
    return {leaf.name for leaf in leaves(operation) if leaf.function == "value"}


def sums_read(operation: Operation) -> set[str]:
    """Names of the accumulators that an operation reads."""
    return {leaf.name for leaf in leaves(operation) if leaf.function in ("requantize", "rescale")}


def reads_input(operation: Operation) -> bool:
    """Whether an operation reads x element by element."""
    return any(leaf.function == "input" for leaf in leaves(operation))


@dataclass(frozen=True)
class Schedule:
    """In which stage of a layer's step each equation is computed and each source is read.

    0 unless a product reads what the step itself computed, which must then be whole before that product starts.
    takes: in which stage each state takes its next value: once that is there, and nothing reads the old one any more.
    stored: equations whose results outlive their loop: read by a later stage or by a product.
    """

    equations: dict[str, int]
    sources: dict[str, int]
    takes: dict[str, int]
    stored: tuple[str, ...]

    @classmethod
    def of(cls, layer: QuantizedLayer, network: QuantizedNetwork) -> "Schedule":
        """The earliest stage of everything."""
        feeding = {one.name: {network.group(m.group).source for m in one.matrices} for one in layer.accumulators}
        stage: dict[str, int] = {}
        sources: dict[str, int] = {}
        last_use: dict[str, int] = {}
        for equation in layer.equations:
            values = values_read(equation.operation)
            products = set().union(*(feeding[name] for name in sums_read(equation.operation)))
            for source in products:
                sources[source] = stage[source] + 1 if source in stage else 0
            earliest = [sources[source] for source in products] + [stage.get(value, 0) for value in values]
            stage[equation.name] = max(earliest, default=0)
            for value in values:
                last_use[value] = max(last_use.get(value, 0), stage[equation.name])
        takes = {state.name: max(stage[state.next], last_use.get(state.name, 0)) for state in layer.states}
        for state in layer.states:
            last_use[state.next] = max(last_use.get(state.next, 0), takes[state.name])
        stored = [name for name, at in stage.items() if last_use.get(name, at) > at]
        stored += [source for source in sources if source in stage]
        return cls(stage, sources, takes, tuple(dict.fromkeys(stored)))

    @property
    def count(self) -> int:
        """Stages of the layer's step."""
        return 1 + max(self.equations.values())
