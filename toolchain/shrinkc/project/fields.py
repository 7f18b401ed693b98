"""The one table of `shrinkc.toml`: it checks the file, fills in defaults and writes docs/project.md."""

from dataclasses import dataclass

from .checks import BYTES, NUMBER, Check, Count, Flag, Name, OneOf, Positive, Share, TargetName, Text, Threshold

ANY = "*"
"""Stands in a key for the names of a pattern table."""

_WEIGHTS = OneOf((2, 4, 8, 16))
_ACTIVATIONS = OneOf((4, 8, 16))
_CLIPPING = OneOf(("mmse", "max", "percentile"))
_ROUNDING = OneOf(("auto", "nearest", "compensated"))
_DATA = Text("the path of a data set, or zoo:NAME/test (dev, calibration),")


@dataclass(frozen=True)
class Field:
    """One key. `key` is dotted, with `*` for a pattern; `default` None means that there is none."""

    key: str
    check: Check
    default: object
    meaning: str
    option: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.key.split("."))


FIELDS = (
    Field("target", TargetName(), None, "Core or board to build for.", "--target"),
    Field("board", Text("the path of a board's TOML file, or a board's name,"), None,
          "Board to build for, in place of `target`: a file of your own, or one that comes with shrinkc.", "--board"),
    Field("model.path", Text("the path of a model, or zoo:NAME,"), None, "The trained model.", "MODEL"),
    Field("model.name", Name(), None, "Prefix of the C names and files; left out: the model file's name.",
          "--name"),
    Field("model.max_frames", Count(65535), None,
          "Frames of the longest utterance; only for a model with layers that run backward, which needs it.",
          "--max-frames"),
    Field("model.decode", OneOf(("none", "argmax", "ctc")), "none",
          "Also give a function that decodes an output: its best class, or greedy CTC's next symbol.", "--decode"),
    Field("data.calibration", _DATA, None, "Inputs that ranges are measured on; a zoo model brings its own.",
          "--calibration"),
    Field("data.dev", _DATA, None, "Data that plans are tried on: by `shrinkc analyze` and `--plan auto`.", "--dev"),
    Field("data.test", _DATA, None, "Data that `shrinkc verify` runs.", "--dataset"),
    Field("metric.kind", OneOf(("per", "accuracy", "outputs")), "per",
          "Score: phone error rate, accuracy, or distance of the outputs from the float model's alone."),
    Field("metric.blank", Text("a symbol"), "sil",
          'Symbol that greedy decoding drops (the blank of CTC); "none" drops nothing.'),
    Field("metric.silence", Flag(), False, "Count silence, the first symbol, in the rate."),
    Field("plan.weights", _WEIGHTS, 8, "Bits of a weight.", "--weights"),
    Field("plan.activations", _ACTIVATIONS, 8, "Bits of the inputs of matrix products.", "--activations"),
    Field("plan.clipping", _CLIPPING, "mmse",
          "Range of the weights: least mean square error, the largest weight, or a percentile of each row's.",
          "--clipping"),
    Field("plan.activation_clipping", _CLIPPING, "mmse", "The same for the inputs of matrix products."),
    Field("plan.percentile", Share(50.0, 100.0), 99.9, 'Of the magnitudes, per cent that a "percentile" range holds.'),
    Field("plan.rounding", _ROUNDING, "auto",
          "Weights to the nearest, or so that the errors of a row make up for each other on the calibration set; auto: "
          "so below 8 bits.", "--rounding"),
    Field("plan.bias_correction", Flag(), False,
          "Biases take up the mean error of the rounded products on the calibration set."),
    Field("plan.state", OneOf((16, 32)), 32, "Bits of the cell state."),
    Field("plan.accumulators", OneOf(("auto", "shared", "separate")), "auto",
          "Whether the products of one gate add into one accumulator (less RAM) or into one each."),
    Field("plan.per_row", Flag(), True, "A scale for each row of a matrix; false: one for the whole matrix."),
    Field("plan.paths.*.weights", _WEIGHTS, None, "Bits of a weight in the paths that the pattern names."),
    Field("plan.paths.*.activations", _ACTIVATIONS, None, "Bits of the input of these paths."),
    Field("plan.paths.*.clipping", _CLIPPING, None, "Range of these paths' weights."),
    Field("plan.paths.*.rounding", _ROUNDING, None, "How these paths' weights are rounded."),
    Field("plan.paths.*.per_row", Flag(), None, "A scale for each row of these paths, or one for each matrix."),
    Field("plan.groups.*.activations", _ACTIVATIONS, None, "Bits of the vectors that the pattern names."),
    Field("plan.groups.*.clipping", _CLIPPING, None, "Range of these vectors."),
    Field("plan.groups.*.range", Positive(), None,
          "The range itself, the real value of the largest integer; calibration is not asked."),
    Field("delta.threshold", Threshold(), 0,
          'Largest change, in steps of the input\'s grid, that is not sent; "off": dense products.',
          "--delta"),
    Field("delta.kernels", OneOf(("auto", "delta", "dense")), "auto",
          "How products are computed where a threshold is given: as is cheaper on the target, sending columns, or "
          "densely over the values last sent. All give the same integers.", "--kernels"),
    Field("delta.groups.*", Threshold(), None, "The same for the send groups that the pattern names.",
          "--delta"),
    Field("limits.max_per_increase", Share(-100.0, 100.0), None,
          "Limit on points of PER, device above float (`verification.per.increase`). `shrinkc verify` exits with 3 "
          "where one limit is missed.", "--max-per-increase"),
    Field("limits.max_accuracy_drop", Share(-100.0, 100.0), None,
          "Limit on points of accuracy, device below float (`verification.accuracy.change`).", "--max-accuracy-drop"),
    Field("limits.max_flash", BYTES, None, "Limit on flash: weights, tables and code (`sizes.flash`).", "--max-flash"),
    Field("limits.max_ram", BYTES, None, "Limit on RAM: the state, without the stack (`sizes.ram`).", "--max-ram"),
    Field("limits.max_stack", BYTES, None, "Limit on the stack of one call, by the machine code (`sizes.stack`).",
          "--max-stack"),
    Field("limits.max_instructions", NUMBER, None,
          "Limit on instructions a frame, mean over all frames (`verification.instructions_per_frame.mean`).",
          "--max-instructions"),
    Field("output.folder", Text("a path"), "build/{target}",
          "Where the build goes; `{target}` and `{name}` are filled in.", "-o"),
)  # fmt: skip
"""Every key, in the order of the file."""


LIMITS = tuple(field for field in FIELDS if field.parts[0] == "limits")
"""What `shrinkc verify` can hold a report against."""


def find(parts: tuple[str, ...]) -> Field | None:
    """The field of a key such as ("delta", "groups", "rnn1.h"); None for an unknown key."""
    for field in FIELDS:
        if len(field.parts) == len(parts) and all(
            want in (ANY, got) for want, got in zip(field.parts, parts, strict=True)
        ):
            return field
    return None


def is_table(parts: tuple[str, ...]) -> bool:
    """Does this key name a table: the start of some field's key?"""
    return any(
        len(field.parts) > len(parts) and all(want in (ANY, got) for want, got in zip(field.parts, parts, strict=False))
        for field in FIELDS
    )


def siblings(parts: tuple[str, ...]) -> list[str]:
    """The names that could stand last in this key, for a hint at a misspelt one."""
    before, known = parts[:-1], []
    for field in FIELDS:
        start = field.parts[: len(before)]
        if len(field.parts) > len(before) and all(want in (ANY, got) for want, got in zip(start, before, strict=True)):
            known.append(field.parts[len(before)])
    return [name for name in dict.fromkeys(known) if name != ANY]


def markdown_table() -> str:
    """The table of docs/project.md, one row a field."""
    rows = ["| key | value | default | option | meaning |", "|---|---|---|---|---|"]
    for field in FIELDS:
        default = "" if field.default is None else f"`{shown(field.default)}`"
        option = f"`{field.option}`" if field.option else ""
        rows.append(f"| `{field.key}` | {field.check.wants} | {default} | {option} | {field.meaning} |")
    return "\n".join(rows) + "\n"


def shown(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)
