"""shrinkc.toml: what it may say, what it comes to, and what each fault says."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shrinkc.errors import InputError
from shrinkc.project import Delta, GroupPlan, Limits, Metric, Options, PathPlan, load_project, resolve, with_options
from shrinkc.project.checks import name_problem
from shrinkc.project.fields import FIELDS, markdown_table
from shrinkc.project.resolve import data_source, from_recorded
from shrinkc.project.settings import check_patterns, matches
from shrinkc.project.template import project_text
from shrinkc.project.values import empty, line_of, read

ROOT = Path(__file__).parents[2]

FULL = """
target = "cortex-m4"

[model]
path = "models/my-model.keras"

[data]
calibration = "c.npz"
test = "/data/t.npz"

[metric]
blank = "none"
silence = true

[plan]
weights = 4
[plan.paths."rnn*.candidate.*"]
weights = 16
activations = 16
[plan.paths."rnn2.*"]
weights = 2
rounding = "nearest"
per_row = false
[plan.groups."rnn1.h"]
activations = 4
clipping = "max"

[delta]
threshold = 1
[delta.groups]
"rnn1.h" = 8
"input" = "off"
"""


def write(folder: Path, text: str) -> Path:
    (folder / "shrinkc.toml").write_text(text)
    return folder


def minimal(text: str = "") -> str:
    return f'target = "cortex-m4"\nmodel.path = "m.keras"\n{text}'


def test_a_full_file(tmp_path):
    settings = load_project(write(tmp_path, FULL))
    assert settings.target == "cortex-m4"
    assert settings.name == "my_model"
    assert settings.model.path == tmp_path / "models/my-model.keras"
    assert settings.model.name == "my-model.keras"
    assert settings.data.calibration.path == tmp_path / "c.npz"
    assert settings.data.test.path == Path("/data/t.npz")
    assert settings.data.dev is None
    assert settings.metric == Metric("per", None, True)
    assert settings.output == tmp_path / "build/cortex-m4"


def test_limits_as_people_write_them(tmp_path):
    text = '[limits]\nmax_flash = "128K"\nmax_ram = 500\nmax_instructions = "1.5m"\nmax_per_increase = 0'
    settings = load_project(write(tmp_path, minimal(text)))
    assert settings.limits == Limits(max_flash=131072, max_ram=500, max_instructions=1_500_000, max_per_increase=0)
    assert "limits" not in settings.recorded
    assert load_project(write(tmp_path, minimal())).limits == Limits()


def test_patterns_apply_in_order(tmp_path):
    plan = load_project(write(tmp_path, FULL)).plan
    assert plan.for_path("rnn1.input.x", "input") == PathPlan(4, 8, "mmse", "compensated", True)
    assert plan.for_path("rnn1.input.h", "rnn1.h") == PathPlan(4, 4, "mmse", "compensated", True)
    assert plan.for_path("rnn1.candidate.h", "rnn1.h") == PathPlan(16, 16, "mmse", "nearest", True)
    assert plan.for_path("rnn2.candidate.h", "rnn2.h") == PathPlan(2, 16, "mmse", "nearest", False)
    assert plan.for_group("rnn1.h@16") == GroupPlan(4, "max")
    assert plan.for_group("rnn2.h") == GroupPlan(8, "mmse")


def test_thresholds_by_group(tmp_path):
    delta = load_project(write(tmp_path, FULL)).delta
    assert delta == Delta(1, (("rnn1.h", 8), ("input", None)))
    assert [delta.for_group(name) for name in ("rnn1.h@8", "rnn2.h@8", "input@8")] == [8, 1, None]


def test_a_pattern_names_a_vector_at_all_its_widths():
    assert matches("rnn1.h", "rnn1.h@16") and matches("rnn1.h@16", "rnn1.h@16")
    assert not matches("rnn1.h@8", "rnn1.h@16") and not matches("rnn1", "rnn1.h")


def test_patterns_that_name_nothing_are_refused(tmp_path):
    settings = load_project(write(tmp_path, FULL))
    paths = ["rnn1.candidate.h", "rnn2.candidate.h"]
    check_patterns(settings.plan, settings.delta, paths, ["input@8", "rnn1.h@8"])
    with pytest.raises(InputError, match=r"plan\.paths: 'rnn2\.\*' matches no path .* 'rnn1\.candidate\.h'"):
        check_patterns(settings.plan, settings.delta, paths[:1], ["input@8", "rnn1.h@8"])
    with pytest.raises(InputError, match=r"delta\.groups: 'input' matches no send group"):
        check_patterns(settings.plan, settings.delta, paths, ["rnn1.h@8"])


def test_a_plan_speaks_of_vectors_not_of_widths(tmp_path):
    text = minimal('[plan.groups."rnn1.h@8"]\nclipping = "max"\n')
    with pytest.raises(InputError, match=r"'rnn1\.h@8' matches no send group .* 'rnn1\.h'"):
        found = load_project(write(tmp_path, text))
        check_patterns(found.plan, found.delta, ["rnn1.input.h"], ["rnn1.h@8"])


def test_options_override_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "project"
    folder.mkdir()
    options = Options(
        model="other.keras", target="cortex-m0plus", output="out/{name}", calibration="cal.npz",
        weights=8, activations=16, clipping="max", name="mine",
    )  # fmt: skip
    settings = load_project(write(folder, FULL), options)
    assert settings.model.path == tmp_path / "other.keras"
    assert (settings.target, settings.name, settings.output) == (
        "cortex-m0plus",
        "mine",
        tmp_path / "out/mine",
    )
    assert settings.data.calibration.path == tmp_path / "cal.npz"
    assert (settings.plan.weights, settings.plan.activations, settings.plan.clipping) == (8, 16, "max")
    assert settings.plan.for_path("rnn1.candidate.h", "rnn1.h").weights == 16


def test_another_model_does_not_keep_the_name(tmp_path):
    text = minimal('model.name = "old"\n')
    assert load_project(write(tmp_path, text)).name == "old"
    assert load_project(tmp_path, Options(model="fresh.keras")).name == "fresh"


@pytest.mark.parametrize(
    ("text", "delta"),
    [
        ("off", Delta(None)),
        ("4", Delta(4)),
        ("0", Delta(0)),
        ("rnn1.h=2", Delta(1, (("input", None), ("rnn1.h", 2)))),
        ("3, rnn2.*=off", Delta(3, (("rnn2.*", None),))),
    ],
)
def test_delta_option(tmp_path, text, delta):
    assert load_project(write(tmp_path, FULL), Options(delta=text)).delta == delta


@pytest.mark.parametrize("text", ["x", "", "-1", "4.5", "a=", "=4", "a=b", "40000", "1,,", "a=99999999"])
def test_delta_option_refused(tmp_path, text):
    with pytest.raises(InputError, match=r"^--delta: "):
        load_project(write(tmp_path, minimal()), Options(delta=text))


REFUSED = [
    ('target = "x\n', "not valid TOML.*line 1"),
    ("= 3", "not valid TOML"),
    ("a = 1\na = 2\n", "not valid TOML.*line 2"),
    ('targt = "cortex-m4"', r":1: unknown key 'targt': did you mean 'target'\?"),
    ("[plan]\nweight = 8", r":2: unknown key 'plan\.weight': did you mean 'plan\.weights'\?"),
    ("[quantise]\nweights = 8", r":1: unknown key 'quantise'"),
    ('[plan.paths."a.b"]\nweigts = 8', r""":2: unknown key 'plan.paths."a.b".weigts': did you mean"""),
    ("[plan]\n\nweights = 3", r":3: plan\.weights must be 2, 4, 8 or 16, not 3$"),
    ("[plan]\nweights = true", "not true"),
    ("[plan]\nweights = 8.0", "not 8.0"),
    ('[plan]\nweights = "8"', 'not "8"'),
    ("[plan]\nactivations = 2", "must be 4, 8 or 16, not 2"),
    ("[plan]\nper_row = 1", r"plan\.per_row must be true or false, not 1"),
    ('[plan]\nclipping = "best"', 'must be "mmse", "max" or "percentile", not "best"'),
    ('[plan]\nrounding = "up"', 'must be "auto", "nearest" or "compensated", not "up"'),
    ("[plan]\npercentile = 49.9", r"plan\.percentile must be a number from 50 to 100, not 49\.9"),
    ("[plan]\npercentile = 101", "not 101"),
    ("[plan]\npercentile = nan", "not nan"),
    ("[plan]\npercentile = true", "not true"),
    ('[plan.paths."rnn[12].*"]\nper_row = 1', r":2: plan\.paths\..*per_row must be true or false, not 1"),
    ("[plan]\nstate = 8", "must be 16 or 32"),
    ("plan = 3", r":1: plan must be a table, \[plan\]"),
    ("[[plan]]\na = 1", "plan must be a table"),
    ("[plan.paths]\nx = 3", "plan.paths.x must be a table"),
    ('[plan.paths."rnn1.*"]\n', r"""plan\.paths\."rnn1\.\*" sets nothing: give it a key, or remove it"""),
    ("[metric.kind]\na = 1", "must be .* not a table"),
    ("[metric]\nblank = [1]", "not an array"),
    ("[metric]\nblank = 2020-01-01", "not a date"),
    ("[delta]\nthreshold = -1", '"off" or a whole number from 0 to 32767, not -1'),
    ("[delta]\nthreshold = 32768", "not 32768"),
    ("[delta]\nthreshold = true", "not true"),
    ('[delta.groups]\n"rnn1.h" = "on"', r""":2: delta.groups."rnn1.h" must be "off" or"""),
    ('[model]\nname = "9x"', r":2: model\.name = '9x' is no C identifier"),
    ('[model]\nname = "int"', "keyword"),
    ('[model]\nname = "template"', "keyword"),
    ('[model]\nname = "string"', "header of C"),
    ('[model]\npath = ""', "model.path must be the path of a model"),
    ("[limits]\nmax_flash = 0", r":2: limits\.max_flash must be a number of bytes above 0, .*, not 0$"),
    ('[limits]\nmax_flash = "128G"', 'not "128G"'),
    ("[limits]\nmax_ram = true", "not true"),
    ("[limits]\nmax_instructions = 1.5", "limits.max_instructions must be a number above 0, .*, not 1.5"),
    ('[limits]\nmax_per_increase = "0.5"', 'a number from -100 to 100, not "0.5"'),
    ("[limits]\nflash = 8", "did you mean 'limits.max_flash'"),
    ("[output]\nfolder = 3", "output.folder must be a path"),
    ('[output]\nfolder = "build/{core}"', r"only \{target\} and \{name\}"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_faults_are_one_line(tmp_path, text, message):
    if text.startswith('[output]\nfolder = "build'):
        text = minimal(text)
    with pytest.raises(InputError, match=message) as caught:
        load_project(write(tmp_path, text))
    assert "\n" not in str(caught.value)
    assert "shrinkc.toml" in str(caught.value) or "output.folder" in str(caught.value)


def test_text_that_is_no_utf8(tmp_path):
    (tmp_path / "shrinkc.toml").write_bytes(b'target = "\xff"')
    with pytest.raises(InputError, match="not UTF-8"):
        load_project(tmp_path)


def test_no_project(tmp_path):
    with pytest.raises(InputError, match="shrinkc init"):
        load_project(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"no model\.path: give MODEL"),
        ('model.path = "m.keras"', "no target: .*--target"),
        (minimal().replace("m.keras", "zoo:nothing"), "zoo:nothing"),
        (minimal().replace("m.keras", "2nd.keras"), "2nd"),
        (minimal('data.test = "zoo:lstm/holiday"'), "no data set 'holiday'"),
    ],
)
def test_what_is_missing(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        load_project(write(tmp_path, text))


def test_a_zoo_model_brings_its_data():
    settings = resolve(with_options(empty(), Options(model="zoo:lstm", target="cortex-m4")))
    assert (settings.name, settings.model.name) == ("lstm", "zoo:lstm")
    assert settings.data.test.name == "zoo:lstm/test"
    assert settings.data.calibration.path.parent.name == "asterisk"
    given = with_options(empty(), Options(model="zoo:lstm", target="cortex-m4", calibration="c.npz"))
    assert resolve(given).data.calibration.name == "c.npz"
    assert data_source("zoo:lstm/dev", "test", Path()).name == "zoo:lstm/dev"


@pytest.mark.parametrize("name", ["a", "lstm_2", "LSTM", "x" * 48])
def test_good_names(name):
    assert name_problem(name) is None


@pytest.mark.parametrize(
    "name", ["", "2a", "a-b", "a b", "é", "int", "class", "_a", "math", "Math", "x" * 49, "a\n", "main.c"]
)
def test_bad_names(name):
    assert name_problem(name)
    with pytest.raises(InputError, match="--name"):
        with_options(empty(), Options(name=name))


def test_the_record_repeats_the_build(tmp_path):
    settings = load_project(write(tmp_path, FULL), Options(delta="rnn2.h=off"))
    assert str(tmp_path) not in str(settings.recorded)
    again = resolve(from_recorded(settings.recorded, "report.json"))
    assert (again.plan, again.delta, again.metric) == (settings.plan, settings.delta, settings.metric)
    assert (again.name, again.target) == (settings.name, settings.target)
    assert again.recorded == settings.recorded


def test_documentation_holds_the_table():
    assert markdown_table() in (ROOT / "docs" / "project.md").read_text()


def test_the_example_of_the_documentation_is_valid(tmp_path):
    text = (ROOT / "docs" / "project.md").read_text()
    example = text.split("```toml\n")[1].split("```")[0]
    assert load_project(write(tmp_path, example)).plan.weights == 4


def test_new_project_loads_to_the_defaults(tmp_path):
    write(tmp_path, project_text({"model.path": 'a "b" \\ c.keras', "target": "cortex-m4"}))
    settings = load_project(tmp_path, Options(name="x"))
    assert settings.model.name == 'a "b" \\ c.keras'
    plain = resolve(with_options(empty(), Options(model="a", target="cortex-m4", name="x")))
    assert (settings.plan, settings.delta, settings.metric) == (plain.plan, plain.delta, plain.metric)


def test_new_project_is_valid_with_every_line_uncommented(tmp_path):
    lines = project_text({}).splitlines()
    bare = [line.removeprefix("# ") for line in lines if "=" in line or line.startswith(("[", "# ["))]
    write(tmp_path, "\n".join(line for line in bare if not line.startswith("Lines")))
    values = read(tmp_path)
    plain_fields = [field for field in FIELDS if "*" not in field.key]
    assert all(tuple(field.key.split(".")) in values.entries for field in plain_fields)
    assert resolve(values.without("board")).plan.paths[0].weights == 16  # target and board exclude each other


def test_lines_are_found():
    text = 'a = 1\n[t]  # comment\n b.c = 2\n["x.y" . z]\nd = """\n"""\n[ "p[1]\\"".\'q\' ]\ne=1\n'
    assert [line_of(text, key) for key in (("a",), ("t",), ("t", "b", "c"), ("x.y", "z"))] == [1, 2, 3, 4]
    assert line_of(text, ("x.y", "z", "d")) == 5
    assert [line_of(text, ('p[1]"', "q", *rest)) for rest in ((), ("e",))] == [7, 8]
    assert line_of(text, ("missing",)) is None


def test_a_line_without_a_key_is_passed_over_quickly():
    """In a text of several lines, say: no pattern may try every way to cut the word."""
    assert line_of("a" * 5000 + "\n" + "[" + '"b"' * 2000 + "\n" + " . " * 2000 + "\nc = 1\n", ("c",)) == 4


@given(st.text(alphabet="[]=\"'.# \nabplan{}1,", max_size=60))
def test_any_text_is_read_or_refused(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("any")
    write(folder, text)
    try:
        tomllib.loads(text)
        read(folder)
    except (InputError, tomllib.TOMLDecodeError) as error:
        assert not isinstance(error, InputError) or "\n" not in str(error)


@pytest.mark.parametrize(
    ("key", "what"), [("model.path", "a model file"), ("data.calibration", "a data set"), ("data.test", "a data set")]
)
def test_a_folder_where_a_file_is_due(tmp_path, key, what):
    (tmp_path / "stuff").mkdir()
    table, name = key.split(".")
    text = f'target = "cortex-m4"\n[{table}]\n{name} = "stuff"\n'
    if table == "data":
        text = minimal(text.split("\n", 1)[1])
    with pytest.raises(InputError, match=f"stuff: is a folder, not {what}"):
        load_project(write(tmp_path, text))
