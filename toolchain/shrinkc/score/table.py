"""The headline of a report as rows of text, the same on a terminal and on the page."""

from collections.abc import Sequence

from .report import IN_PLACE_OF, BoardVerification, Checked, Counted, Divergence, Report, Verification

Rows = list[tuple[str, str]]


def headline(report: Report) -> Rows:
    """What a user looks for first: (measure, figure) pairs, verification first where there is one.

    A run on a board stands behind that of QEMU, or in its place where there is none.
    """
    sizes, compression = report.sizes, report.compression
    found, board = report.verification or report.on_board, report.on_board
    return [
        *(_verified(found) if found else []),
        ("flash", f"{_bytes(sizes.flash)} (weights {_bytes(sizes.weights)}, code {_bytes(sizes.code)})"),
        ("RAM", _bytes(sizes.ram)),
        ("stack", _bytes(found.stack if found else sizes.stack)),
        (
            "compression",
            f"{compression.percent:.1f} % ({_bytes(compression.float_bytes)} of floats "
            f"to {_bytes(compression.quantized_bytes)})",
        ),
        ("products", _products(report)),
        *(_instructions(report.verification) if report.verification else []),
        *([("work eliminated", _eliminated(report, found))] if found else []),
        *(_on_board(board, alone=report.verification is None) if board else []),
    ]


def _products(report: Report) -> str:
    """Which send groups are multiplied how, each mode with its groups."""
    named = {
        mode: [group.name.partition("@")[0] for group in report.groups if group.mode == mode]
        for mode in ("delta", "dense")
    }
    return "; ".join(f"{mode}: {', '.join(names)}" for mode, names in named.items() if names)


def title(report: Report) -> str:
    """One line: model, target and, once verified, what it was verified on."""
    text = f"{report.model.name} for {report.target}"
    found = report.verification or report.on_board
    if found is None:
        return text
    return f"{text} on {_run(found)}"


def _run(found: Checked) -> str:
    """What was run."""
    of = f" of {found.dataset_utterances}" if found.utterances < found.dataset_utterances else ""
    return f"{found.dataset}: {found.utterances}{of} utterances, {found.frames:,} frames"


def _verified(found: Checked) -> Rows:
    """Scores and bit-exactness."""
    rows: Rows = []
    if found.per is not None:
        silence = "" if found.silence else "not "
        rows += [
            (
                "PER, float",
                f"{_percent(found.per.float)} of {found.symbols:,} symbols, silence {silence}counted",
            ),
            ("PER, integer", _percent(found.per.integer)),
            ("PER, device", _percent(found.per.device)),
            ("PER, increase", _change(found.per.increase, found.per.ci95, found.per.resampled)),
        ]
    if found.accuracy is not None:
        score = found.accuracy
        rows += [
            ("accuracy, float", f"{_percent(score.float)} of {found.symbols:,} {score.unit}"),
            ("accuracy, integer", _percent(score.integer)),
            ("accuracy, device", _percent(score.device)),
            ("accuracy, change", _change(score.change, score.ci95, score.resampled)),
        ]
    gap = found.distance
    rows.append(("device to float", f"RMSE {gap.rmse:.4g}, max {gap.max:.4g}, cosine {gap.cosine:.5f}"))
    if IN_PLACE_OF in found.emulator:
        rows.append(("run by", found.emulator))
    rows.append(("bit-exact", _exact(found)))
    return rows


def _exact(found: Checked) -> str:
    return "yes" if found.first_divergence is None else f"NO: {describe(found.first_divergence)}"


def _instructions(found: Verification) -> Rows:
    count = found.instructions_per_frame
    bound = "" if count.worst is None else f"; {count.worst:,} if every column is sent"
    return [("instructions per frame", f"{count.mean:,.0f} ({count.min:,} to {count.max:,}{bound})")]


def _on_board(found: BoardVerification, *, alone: bool) -> Rows:
    """The run on a board; alone: its scores stand above, since there is no other."""
    rows: Rows = [("board", found.emulator)]
    if not alone:
        rows += [("board, on", _run(found)), ("board, bit-exact", _exact(found))]
        if found.per is not None:
            rows.append(("board, PER", _percent(found.per.device)))
        if found.accuracy is not None:
            rows.append(("board, accuracy", _percent(found.accuracy.device)))
    tests = {True: "pass", False: "FAIL", None: "none in the image"}
    return [
        *rows,
        ("board, self-test", tests[found.self_test]),
        ("cycles per frame", _counted(found.cycles_per_frame, "no cycle counter runs")),
        ("SysTick per frame", _counted(found.systick_per_frame, "it does not run")),
    ]


def _counted(count: Counted | None, otherwise: str) -> str:
    return otherwise if count is None else f"{count.mean:,.0f} ({count.min:,} to {count.max:,})"


def _eliminated(report: Report, found: Checked) -> str:
    return f"{found.eliminated.percent:.1f} % of multiplications{_by_group(report, found)}"


def _by_group(report: Report, found: Checked) -> str:
    """The share of each send group that saves any; all paths that read a group have the same."""
    shares = {path.group: found.eliminated.by_path.get(path.name, 0.0) for path in report.paths}
    named = [f"{name.partition('@')[0]} {share:.0f} %" for name, share in shares.items() if share]
    return f" ({', '.join(named)})" if named else ""


def _bytes(count: int) -> str:
    return f"{count:,} bytes"


def _percent(fraction: float) -> str:
    return f"{100.0 * fraction:.2f} %"


def _change(points: float, interval: Sequence[float], over: str) -> str:
    low, high = interval
    return f"{points:+.2f} points (95 % interval {low:+.2f} to {high:+.2f}, over {over})"


def describe(divergence: Divergence) -> str:
    """One line that says where the device first differs, with both values."""
    place = f"{divergence.quantity} of {divergence.layer}, utterance {divergence.utterance}"
    place += f", frame {divergence.frame}, index {divergence.index}"
    return f"{place}: device {divergence.device}, reference {divergence.reference}"


def plain(heading: str, rows: Sequence[Sequence[str]]) -> str:
    """Aligned text: the heading, then a line a row. All rows have the same number of columns."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([heading, *lines]) + "\n"
