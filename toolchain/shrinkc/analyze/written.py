"""A chosen plan as settings, and as a file that says why."""

from ..printable import printable
from ..project.plan_file import plan_text
from ..project.values import Values, dotted
from .choose import Choice
from .elimination import Elimination
from .sensitivity import REST
from .trials import Outcome

OPTION, DELTA_OPTION = "--plan auto", "--delta"


def with_choice(project: Values, choice: Choice) -> Values:
    """The project with the chosen bits and refinements. What it says of all else stays."""
    project = project.set(("plan", "weights"), choice.plan.weights, OPTION)
    for change in choice.refinements:
        project = project.set(change.key, change.value, OPTION)
    for path, width in choice.bits.items():
        if width != choice.plan.weights:
            project = project.set(("plan", "paths", path, "weights"), width, OPTION)
    return project


FIRST_WORDS = "Chosen by `shrinkc build"
"""That a file begins with which a search wrote, and another may overwrite."""


def plan_file(
    recorded: dict[str, object], options: str, choice: Choice | None, found: Elimination | None, model: str, dev: str
) -> str:
    """The file that `--plan FILE` reads. recorded: the settings in force, of which it takes the plan and the delta.

    options: that asked for it. choice, found: what a search chose of bits, and of thresholds.
    """
    heading, remarks = [f"{FIRST_WORDS} {options}` for {model}."], {}
    if choice:
        size = f"{choice.compression:.1f} % off, {choice.table_bytes:,} bytes of tables"
        heading += [f"Bits: {size}. {_on(choice.utterances, dev, choice.outcome)}"]
        widths = choice.bits.items()
        remarks = {path: _remark(choice, path) for path, width in widths if width != choice.plan.weights}
    if found:
        saved = f"{found.instructions:,.0f} instructions a step in products and scans instead of {found.before:,.0f}"
        heading += [f"Thresholds: {saved}. {_on(found.utterances, dev, found.held.outcome)}"]
    heading += ["Repeat it with --plan and this file."]
    return plan_text(recorded, [printable(line) for line in heading], remarks)


def _on(utterances: int, dev: str, found: Outcome) -> str:
    """What was found on how much of the dev set."""
    return f"On {utterances} utterances of {dev}: divergence {found.divergence:.5f}{_points(found)}."


def _points(found: Outcome) -> str:
    if found.increase is None or found.interval is None:
        return ""
    low, high = found.interval.low, found.interval.high
    return f", {found.increase:+.2f} points (95 % interval {low:+.2f} to {high:+.2f}, over {found.interval.over})"


def _remark(choice: Choice, path: str) -> str:
    effects = choice.sensitivities.paths[path]
    if choice.bits[path] == REST:
        return "at 16 bits the whole plan leaves less divergence"
    return "divergence alone: " + ", ".join(f"{one.divergence:.5f} at {bits} bits" for bits, one in effects.items())


def with_sendings(project: Values, found: Elimination) -> Values:
    """The project with the chosen thresholds in place of its own, and the ranges of coarser grids."""
    project = project.without("delta.threshold").without("delta.groups").set(("delta", "threshold"), 0, DELTA_OPTION)
    for name, sending in found.sendings.items():
        if sending.threshold:
            project = project.set(("delta", "groups", name), sending.threshold, DELTA_OPTION)
    for vector, value in found.ranges.items():
        project = project.set(("plan", "groups", vector, "range"), value, DELTA_OPTION)
    return project


def in_the_way(project: Values) -> str | None:
    """What a project or an option says that `--plan auto` would have to overrule; None where there is nothing."""
    keys = (key for key in project.entries if key[0] == "plan" and key[-1] == "weights")
    return next((dotted(key) for key in keys), None)
