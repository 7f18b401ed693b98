"""A chosen plan as settings, and as a file that says why."""

from ..printable import printable
from ..project.plan_file import plan_text
from ..project.values import Values, dotted
from .choose import Choice
from .sensitivity import REST

OPTION = "--plan auto"


def with_choice(project: Values, choice: Choice) -> Values:
    """The project with the chosen bits and refinements. What it says of all else stays."""
    project = project.set(("plan", "weights"), choice.plan.weights, OPTION)
    for change in choice.refinements:
        project = project.set(change.key, change.value, OPTION)
    for path, width in choice.bits.items():
        if width != choice.plan.weights:
            project = project.set(("plan", "paths", path, "weights"), width, OPTION)
    return project


FIRST_LINE = f"Chosen by `shrinkc build {OPTION}`"


def plan_file(recorded: dict[str, object], choice: Choice, model: str, dev: str) -> str:
    """The file that `--plan FILE` reads. recorded: the settings in force, of which it takes the plan and the delta."""
    found = choice.outcome
    heading = [
        f"{FIRST_LINE} for {model}: {choice.compression:.1f} % off, {choice.table_bytes:,} bytes of tables.",
        f"On {choice.utterances} utterances of {dev}: divergence {found.divergence:.5f}{_points(choice)}.",
        "Repeat it with --plan and this file.",
    ]
    remarks = {path: _remark(choice, path) for path, width in choice.bits.items() if width != choice.plan.weights}
    return plan_text(recorded, [printable(line) for line in heading], remarks)


def _points(choice: Choice) -> str:
    found = choice.outcome
    if found.increase is None or found.interval is None:
        return ""
    low, high = found.interval.low, found.interval.high
    return f", {found.increase:+.2f} points (95 % interval {low:+.2f} to {high:+.2f}, over {found.interval.over})"


def _remark(choice: Choice, path: str) -> str:
    effects = choice.sensitivities.paths[path]
    if choice.bits[path] == REST:
        return "at 16 bits the whole plan leaves less divergence"
    return "divergence alone: " + ", ".join(f"{one.divergence:.5f} at {bits} bits" for bits, one in effects.items())


def in_the_way(project: Values) -> str | None:
    """What a project or an option says that `--plan auto` would have to overrule; None where there is nothing."""
    keys = (key for key in project.entries if key[0] == "plan" and key[-1] == "weights")
    return next((dotted(key) for key in keys), None)
