"""What a search for a plan may change beside the bits of weights, at no bytes or next to none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ..network import Network
from ..project import Delta, Plan, Rule
from .sensitivity import REST, vector_widths

Key = tuple[str, ...]
"""Of a setting, as the project file has it."""


@dataclass(frozen=True)
class Refinement:
    """One setting of a plan, and the value that is tried for it."""

    key: Key
    value: object

    def of(self, plan: Plan) -> Plan:
        """The plan with it."""
        if self.key[:2] == ("plan", "groups"):
            return replace(plan, groups=(*plan.groups, Rule(self.key[2], **{self.key[3]: self.value})))
        return replace(plan, **{self.key[1]: self.value})


def refinements(
    network: Network, plan: Plan, delta: Delta, said: Iterable[Key] = (), wide: bool = True
) -> tuple[Refinement, ...]:
    """What may be tried on a plan of a network: corrected biases, ranges that cut off nothing, 16 bits for a vector.

    wide: does a product of 16-bit inputs cost hardly more on the target? If not, no vector is made wider.
    said: keys that the user has set. None of them is touched, and no width of a vector where one of them is of such a
    width. Nor are widths where there are thresholds: these are in steps of a vector's grid, and would mean another.
    """
    said = set(said)
    whole = [
        Refinement(("plan", "bias_correction"), True),
        Refinement(("plan", "clipping"), "max"),
        Refinement(("plan", "activation_clipping"), "max"),
    ]
    free = [each for each in whole if each.key not in said and each.of(plan) != plan]
    held = bool(delta.threshold) or bool(delta.groups)
    if wide and not held and not any(key[0] == "plan" and key[-1] == "activations" for key in said):
        names = [name for name in vector_widths(network) if plan.for_group(name).activations < REST]
        free += [Refinement(("plan", "groups", name, "activations"), REST) for name in names]
    return tuple(free)


def with_all(plan: Plan, changes: Sequence[Refinement]) -> Plan:
    """The plan with several of them."""
    for change in changes:
        plan = change.of(plan)
    return plan
