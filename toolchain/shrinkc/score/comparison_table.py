"""A comparison as rows of text."""

from collections.abc import Sequence

from .comparison import Comparison, PathChange, PathPlan, Side, ValueChange
from .figures import find

Rows = list[tuple[str, ...]]
DIGEST_SHOWN = 12


def heading(found: Comparison) -> str:
    """One line: what the two builds are of."""
    ends = [_side(found.before, found.same_data), _side(found.after, found.same_data)]
    return ends[0] if ends[0] == ends[1] else " -> ".join(ends)


def _side(side: Side, with_data: bool) -> str:
    text = f"{side.model} for {side.target}"
    return f"{text} on {side.dataset}: {side.utterances} utterances" if with_data else text


def figure_rows(found: Comparison, names: Sequence[str]) -> Rows:
    """The figures under the names of both builds, with what changed."""
    rows: Rows = [("", *names, "change")]
    for entry in found.figures:
        figure, ends = find(entry.key), (entry.before, entry.after)
        rows.append((figure.name, *(figure.text(end) for end in ends), figure.change_text(*ends)))
    sides = found.before, found.after
    rows.append(("bit-exact", *(_EXACT[side.bit_exact] for side in sides), ""))
    digests = (side.digest[:DIGEST_SHOWN] for side in sides)
    rows.append(("digest", *digests, "same" if found.same_sources else "other sources"))
    return rows


_EXACT = {True: "yes", False: "NO", None: "not verified"}


def path_rows(found: Comparison, names: Sequence[str]) -> Rows:
    """Paths whose plan differs; none where all are alike."""
    rows = [(entry.name, *_plans(entry)) for entry in found.paths]
    return [("path", *names), *rows] if rows else []


def _plans(entry: PathChange) -> tuple[str, str]:
    """Both plans of a path, as far as they differ."""
    first, second = _parts(entry.before), _parts(entry.after)
    if not first or not second:
        return ", ".join(first) or "-", ", ".join(second) or "-"
    pairs = [pair for pair in zip(first, second, strict=True) if pair[0] != pair[1]]
    return ", ".join(pair[0] for pair in pairs), ", ".join(pair[1] for pair in pairs)


def _parts(plan: PathPlan | None) -> list[str]:
    if plan is None:
        return []
    return [
        f"{plan.rows} x {plan.columns}",
        f"{plan.weight_bits}-bit weights",
        f"{plan.activation_bits}-bit inputs",
        f"clipping {plan.clipping}",
        f"rounding {plan.rounding}",
        f"threshold {'off' if plan.threshold is None else plan.threshold}",
        plan.mode,
    ]


def value_rows(changes: Sequence[ValueChange], what: str, names: Sequence[str]) -> Rows:
    """Settings or versions that differ; none where all are alike."""
    rows = [(change.key, _value(change.before), _value(change.after)) for change in changes]
    return [(what, *names), *rows] if rows else []


def _value(value: object) -> str:
    return "-" if value is None else str(value)
