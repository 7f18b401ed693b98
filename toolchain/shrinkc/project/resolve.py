"""From values to settings: options over the file, names and paths filled in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..c_names import name_problem
from ..errors import InputError
from ..target import is_board_file, load_board
from ..zoo import PREFIX as ZOO
from . import fields, values
from .checks import Amount
from .plan_file import with_plan
from .settings import Data, Delta, Limits, Metric, Plan, Rule, Settings, Source
from .values import Values

ROLES = ("calibration", "dev", "test")


@dataclass(frozen=True)
class Options:
    """What the command line says; None leaves the file's value. `delta` is the text of `--delta`, `plan` a file."""

    model: str | None = None
    target: str | None = None
    board: str | None = None
    output: str | None = None
    calibration: str | None = None
    dev: str | None = None
    test: str | None = None
    weights: int | None = None
    activations: int | None = None
    clipping: str | None = None
    delta: str | None = None
    kernels: str | None = None
    plan: str | None = None
    rounding: str | None = None
    name: str | None = None
    max_frames: int | None = None
    decode: str | None = None


_OPTION_KEYS = {
    "model": ("model.path", "MODEL"),
    "target": ("target", "--target"),
    "board": ("board", "--board"),
    "output": ("output.folder", "--output"),
    "calibration": ("data.calibration", "--calibration"),
    "dev": ("data.dev", "--dev"),
    "test": ("data.test", "--dataset"),
    "weights": ("plan.weights", "--weights"),
    "activations": ("plan.activations", "--activations"),
    "clipping": ("plan.clipping", "--clipping"),
    "rounding": ("plan.rounding", "--rounding"),
    "kernels": ("delta.kernels", "--kernels"),
    "name": ("model.name", "--name"),
    "max_frames": ("model.max_frames", "--max-frames"),
    "decode": ("model.decode", "--decode"),
}


def load_project(folder: Path, options: Options | None = None) -> Settings:
    """The settings of the project in `folder`, with options over the file's values.

    Raises InputError, one line with file, place and remedy, for whatever is missing or wrong.
    """
    return resolve(with_options(values.read(folder), options or Options()))


def with_options(project: Values, options: Options) -> Values:
    """The project's values with the command line's over them. An option's path starts at the current folder.

    `--delta off` or `--delta T` replaces all thresholds of the file; `--delta GROUP=T` adds to them.
    """
    if options.target is not None and options.board is not None:
        raise InputError("--target and --board both say what to build for: give one")
    if options.target is not None or options.board is not None:
        project = project.without("target").without("board")
    if options.model is not None:
        project = project.without("model.path").without("model.name")
    if options.plan is not None:
        project = with_plan(project, Path(options.plan))
    for option, (key, where) in _OPTION_KEYS.items():
        value = getattr(options, option)
        if value is not None:
            project = project.set(tuple(key.split(".")), value, where)
    return project if options.delta is None else _with_delta(project, options.delta)


def _with_delta(project: Values, text: str) -> Values:
    """`off`, a number, or `GROUP=T`, several with commas between."""
    items = [item.strip() for item in text.split(",")]
    if any("=" not in item for item in items):
        project = project.without("delta.threshold").without("delta.groups")
    for item in items:
        group, equals, threshold = item.rpartition("=")
        value = int(threshold) if re.fullmatch(r"\d{1,6}", threshold.strip()) else threshold.strip()
        if equals and not group.strip():
            raise InputError(f"--delta: {item!r} names no send group: write GROUP=T, such as rnn1.h=8")
        key = ("delta", "groups", group.strip()) if equals else ("delta", "threshold")
        project = project.set(key, value, "--delta")
    return project


def from_recorded(recorded: Mapping[str, object], where: str) -> Values:
    """The values that a report's `build` holds, so that the build can be repeated."""
    project = values.empty()
    for key, value in _flat(recorded, ()):
        if value is not None:
            project = project.set(key, value, where)
    return project


def _flat(table: Mapping[str, object], prefix: values.Key) -> list[tuple[values.Key, object]]:
    found = []
    for name, value in table.items():
        key = (*prefix, name)
        found += _flat(value, key) if isinstance(value, dict) and fields.is_table(key) else [(key, value)]
    return found


def resolve(project: Values) -> Settings:
    """Checked settings. Raises InputError where a value is missing, or a name or zoo model is unknown."""
    model = _model(project)
    target, board = _target(project)
    name = project.get("model.name") or _name_of(model)
    settings = Settings(
        model=model,
        name=name,
        target=target,
        max_frames=project.get("model.max_frames"),
        decode=project.get("model.decode"),
        data=Data(**{role: _data(project, role, model) for role in ROLES}),
        metric=metric(project),
        plan=plan_of(project),
        delta=delta_of(project),
        limits=limits_of(project),
        output=_output(project, target, name),
        recorded={},
        board=board,
    )
    settings.recorded.update(_record(project, settings))
    return settings


def _target(project: Values) -> tuple[str, Source | None]:
    """The target's name, and the user's own board file that it stands for, if it does."""
    text = project.get("board")
    if text is None:
        return _required(project, "target", 'add target = "cortex-m4" to shrinkc.toml, or give --target'), None
    if project.get("target") is not None:
        raise InputError("target and board both say what to build for: remove one of them from shrinkc.toml")
    if not is_board_file(text):
        return load_board(text).name, None
    board = _file(text, project.folder_of("board"), "a board file")
    return board.path.stem, board


def metric(project: Values) -> Metric:
    """How outputs are scored."""
    blank = project.get("metric.blank")
    return Metric(
        kind=project.get("metric.kind"),
        blank=None if blank == "none" else blank,
        silence=project.get("metric.silence"),
    )


def data_source(text: str, role: str, folder: Path) -> Source:
    """The data set that `text` names: a path from `folder`, `zoo:NAME/dev`, or `zoo:NAME` for `role`."""
    if not text.startswith(ZOO):
        return _file(text, folder, "a data set")
    from .. import zoo

    plain, _, part = text.removeprefix(ZOO).partition("/")
    part = part or role
    if part not in ROLES:
        raise InputError(f"{text}: a zoo model has no data set {part!r}: one of {', '.join(ROLES)}")
    return Source(getattr(zoo.find(plain), part), f"{ZOO}{plain}/{part}")


def _file(text: str, folder: Path, what: str) -> Source:
    path = _absolute(text, folder)
    if path.is_dir():
        raise InputError(f"{text}: is a folder, not {what}")
    return Source(path, path.name)


def _absolute(text: str, folder: Path) -> Path:
    try:
        return (folder / Path(text).expanduser()).absolute()
    except RuntimeError as error:
        raise InputError(f"{text}: {error}") from error


def _required(project: Values, key: str, remedy: str) -> str:
    value = project.get(key)
    if value is None:
        raise InputError(f"no {key}: {remedy}")
    return value


def _model(project: Values) -> Source:
    text = _required(project, "model.path", "give MODEL (a file or zoo:lstm), or run in a project (`shrinkc init DIR`)")
    return model_source(text, project.folder_of("model.path"))


def model_source(text: str, folder: Path) -> Source:
    """The model that `text` names: a path from `folder`, or `zoo:NAME`."""
    if not text.startswith(ZOO):
        path = _absolute(text, folder)
        # TensorFlow's SavedModel is a folder.
        return Source(path, path.name) if (path / "saved_model.pb").is_file() else _file(text, folder, "a model file")
    from .. import zoo

    found = zoo.find(text.removeprefix(ZOO))
    return Source(found.model, f"{ZOO}{found.name}")


def _data(project: Values, role: str, model: Source) -> Source | None:
    key = f"data.{role}"
    text = project.get(key)
    if text is not None:
        return data_source(text, role, project.folder_of(key))
    return data_source(model.name, role, project.folder) if model.name.startswith(ZOO) else None


def _name_of(model: Source) -> str:
    """A C identifier from the model's name: `zoo:lstm` gives lstm, `my-model.keras` gives my_model."""
    plain = model.name.removeprefix(ZOO) if model.name.startswith(ZOO) else Path(model.name).stem
    name = re.sub(r"[^A-Za-z0-9_]", "_", plain)
    problem = name_problem(name)
    if problem:
        raise InputError(f"{model.name}: {name!r}, taken as the model's name, {problem} (--name or model.name)")
    return name


def plan_of(project: Values) -> Plan:
    """How the network is quantised."""
    plain = [item.parts[-1] for item in fields.FIELDS if item.parts[0] == "plan" and len(item.parts) == 2]
    return Plan(
        **{key: project.get(f"plan.{key}") for key in plain},
        paths=_rules(project, "plan.paths"),
        groups=_rules(project, "plan.groups"),
    )


def _rules(project: Values, table: str) -> tuple[Rule, ...]:
    rules = project.table(table).items()
    return tuple(Rule(pattern, **settings, where=project.place(table, pattern)) for pattern, settings in rules)


def delta_of(project: Values) -> Delta:
    """Which columns are sent, and how products are computed."""
    groups = project.patterns("delta.groups").items()
    return Delta(
        _threshold(project.get("delta.threshold")),
        tuple((pattern, _threshold(value)) for pattern, value in groups),
        project.get("delta.kernels"),
        tuple(project.place("delta.groups", pattern) for pattern, _ in groups),
    )


def limits_of(project: Values) -> Limits:
    """What `shrinkc verify` holds a report against."""
    found = {field: project.get(field.key) for field in fields.LIMITS}
    return Limits(
        **{
            field.parts[1]: field.check.read(value) if value and isinstance(field.check, Amount) else value
            for field, value in found.items()
        }
    )


def _threshold(value: object) -> int | None:
    return None if value == "off" else value


def _output(project: Values, target: str, name: str) -> Path:
    text = project.get("output.folder")
    filled = text.replace("{target}", target).replace("{name}", name)
    if "{" in filled or "}" in filled:
        raise InputError(f"output.folder: {text!r}: only {{target}} and {{name}} can stand in braces")
    return _absolute(filled, project.folder_of("output.folder"))


def _record(project: Values, settings: Settings) -> dict[str, object]:
    """All keys of the build itself with the values in force, nested as in the file."""
    record: dict[str, object] = {}
    for item in fields.FIELDS:
        if fields.ANY in item.parts or item.parts[0] in ("output", "limits"):
            continue
        table = record
        for part in item.parts[:-1]:
            table = table.setdefault(part, {})
        table[item.parts[-1]] = project.get(item.key)
    sources = {role: getattr(settings.data, role) for role in ROLES}
    record["board"] = settings.board.name if settings.board else project.get("board")
    record["model"] |= {"path": settings.model.name, "name": settings.name}
    record["data"] = {role: source.name if source else None for role, source in sources.items()}
    return record | record_of_plan(project)


def record_of_plan(project: Values) -> dict[str, dict[str, object]]:
    """The tables `plan` and `delta` with the values in force, nested as in the file."""
    record: dict[str, dict[str, object]] = {"plan": {}, "delta": {}}
    for item in fields.FIELDS:
        if item.parts[0] in record and fields.ANY not in item.parts:
            record[item.parts[0]][item.parts[1]] = project.get(item.key)
    record["plan"] |= {"paths": project.table("plan.paths"), "groups": project.table("plan.groups")}
    record["delta"]["groups"] = project.patterns("delta.groups")
    return record
