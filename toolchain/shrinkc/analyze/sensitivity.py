"""What quantising one path, or one vector, alone does: the rest stays at 16 bits, as near to float as integers come."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..network import Network
from ..project import Delta, Plan, Rule
from .trials import Outcome, Trials

WEIGHTS = (2, 4, 8)
ACTIVATIONS = (4, 8)
REST = 16

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Sensitivities:
    """Outcomes with one thing at few bits and all else at 16.

    floor: with nothing at few bits. paths: by path and bits of its weights. vectors: by vector (`rnn1.h`) and bits of
    its elements, in all the products that read it.
    """

    floor: Outcome
    paths: Mapping[str, Mapping[int, Outcome]]
    vectors: Mapping[str, Mapping[int, Outcome]]


def vector_widths(network: Network) -> dict[str, int]:
    """Every vector that products read, as `layer.source`, with its elements."""
    return {f"{layer.name}.{source}": layer.width(source) for layer in network.layers for source in layer.cell.sources}


def sensitivities(
    trials: Trials, plan: Plan, limit: int | None, jobs: int | None, progress: Progress = lambda *_: None
) -> Sensitivities:
    """One trial for each path and width, and for each vector and width.

    plan: how to clip and round; its bits do not count. limit: utterances of the dev set. Products are dense, or sent at
    a threshold of 0: the integers are the same.
    """
    rest = _at_rest(plan)
    plans: dict[tuple[str, str, int], Plan] = {("floor", "", REST): rest}
    for name in trials.network.matrices:
        for bits in WEIGHTS:
            plans["path", name, bits] = replace(rest, paths=(*rest.paths, Rule(name, weights=bits)))
    for name in vector_widths(trials.network):
        for bits in ACTIVATIONS:
            plans["vector", name, bits] = replace(rest, groups=(*rest.groups, Rule(name, activations=bits)))
    found: dict[tuple[str, str, int], Outcome] = {}
    for key, outcome in zip(plans, trials.outcomes(list(plans.values()), Delta(), limit, jobs), strict=True):
        found[key] = outcome
        progress("trying each path alone", len(found), len(plans))
    return Sensitivities(
        floor=found["floor", "", REST],
        paths=_by_name(found, "path"),
        vectors=_by_name(found, "vector"),
    )


def _at_rest(plan: Plan) -> Plan:
    """The plan with all its bits at 16; what its rules say of clipping and rounding stays."""

    def without_bits(rules: Sequence[Rule]) -> tuple[Rule, ...]:
        return tuple(replace(rule, weights=None, activations=None) for rule in rules)

    paths, groups = without_bits(plan.paths), without_bits(plan.groups)
    return replace(plan, weights=REST, activations=REST, paths=paths, groups=groups)


def _by_name(found: Mapping[tuple[str, str, int], Outcome], kind: str) -> dict[str, dict[int, Outcome]]:
    table: dict[str, dict[int, Outcome]] = {}
    for (which, name, bits), outcome in found.items():
        if which == kind:
            table.setdefault(name, {})[bits] = outcome
    return table
