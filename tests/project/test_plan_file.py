"""Plans in files of their own: what they replace, what is refused, and that what is written is read back."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shrinkc.errors import InputError
from shrinkc.project import Delta, Options, Plan, Rule, Settings, load_project, resolve, with_options
from shrinkc.project.plan_file import plan_text, with_plan
from shrinkc.project.values import Values, empty

PROJECT = """
target = "cortex-m4"
model.path = "m.keras"

[plan]
weights = 2
clipping = "max"
[plan.paths."rnn1.*"]
weights = 16
[plan.groups."rnn1.h"]
activations = 16

[delta]
threshold = 7
kernels = "dense"
[delta.groups]
"rnn1.h" = 9
"""

PLAN = """# Chosen by hand.
[plan]
weights = 4          # a short form: --weights 4
rounding = "nearest"

# The candidate bears little.
[plan.paths."rnn?.candidate.*"]
weights = 8
clipping = "percentile"
rounding = "compensated"
per_row = false

[delta.groups]
"rnn*.h" = 3
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "shrinkc.toml").write_text(PROJECT)
    return tmp_path


def settings_of(project: Path, text: str, **options: object) -> Settings:
    (project / "p.toml").write_text(text)
    return load_project(project, Options(plan=str(project / "p.toml"), **options))


def test_a_plan_replaces_both_tables_and_nothing_else(project):
    settings = settings_of(project, PLAN)
    rule = Rule("rnn?.candidate.*", weights=8, clipping="percentile", rounding="compensated", per_row=False)
    assert settings.plan == Plan(4, rounding="nearest", paths=(rule,))
    assert settings.delta == Delta(groups=(("rnn*.h", 3),))
    assert (settings.target, settings.model.path) == ("cortex-m4", project / "m.keras")


@pytest.mark.parametrize("text", ["[delta]\nthreshold = 1\n", "[plan]\nweights = 8\n"])
def test_a_table_that_it_lacks_goes_too(project, text):
    settings = settings_of(project, text)
    assert settings.plan == Plan()
    assert settings.delta == Delta(1 if "delta" in text else 0)


def test_options_override_it(project):
    settings = settings_of(project, PLAN, weights=16, rounding="auto", clipping="max", delta="rnn2.h=5")
    assert (settings.plan.weights, settings.plan.rounding, settings.plan.clipping) == (16, "auto", "max")
    assert settings.plan.paths[0].weights == 8
    assert settings.delta.groups == (("rnn*.h", 3), ("rnn2.h", 5))
    assert settings_of(project, PLAN, delta="off").delta == Delta(None)


def test_it_starts_at_the_current_folder_and_needs_no_project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("p.toml").write_text(PLAN)
    options = Options(model="m.keras", target="cortex-m4", plan="p.toml")
    assert resolve(with_options(empty(), options)).plan.weights == 4


REFUSED = [
    ('[model]\npath = "x"\n', r"p\.toml:2: model\.path is not of a plan: only the tables \[plan\] and \[delta\]"),
    ("[plan]\nweights = 4\n\n[target]\n", r"p\.toml:4: target must be "),
    ('target = "cortex-m4"\n[plan]\nweights = 4\n', r"p\.toml:1: target is not of a plan"),
    ("[plan]\nwieghts = 4\n", r"p\.toml:2: unknown key 'plan\.wieghts': did you mean 'plan\.weights'\?"),
    ('[plan]\n[plan.paths."a[1]"]\nbits = 4\n', r"p\.toml:3: unknown key 'plan\.paths\.\"a\[1\]\"\.bits'"),
    ("weights = 4\n", r"p\.toml:1: unknown key 'weights': did you mean 'plan\.weights'\?"),
    ("[plans]\nweights = 4\n", r"p\.toml:1: unknown key 'plans': did you mean 'plan'\?"),
    ('[plan]\nweights = "4"\n', r'p\.toml:2: plan\.weights must be 2, 4, 8 or 16, not "4"'),
    ("[plan]\n\nper_row = 1\n", r"p\.toml:3: plan\.per_row must be true or false, not 1"),
    ("[delta]\nthreshold = 1.5\n", r"p\.toml:2: delta\.threshold must be "),
    ("plan = 4\n", r"p\.toml:1: plan must be a table, \[plan\]"),
    ('[plan.paths."x"]\n', r"p\.toml:1: plan\.paths\.x sets nothing"),
    ("[plan]\nweights = \n", r"p\.toml: not valid TOML: .*line 2"),
    ("", r"p\.toml: sets nothing: write it under \[plan\] or \[delta\]"),
    ("# all defaults\n[plan]\n", r"p\.toml: sets nothing"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_faults_are_one_line_with_file_and_place(project, text, message):
    with pytest.raises(InputError, match=message) as caught:
        settings_of(project, text)
    assert "\n" not in str(caught.value) and "shrinkc.toml" not in str(caught.value)


def test_a_file_that_is_missing_or_none(project):
    with pytest.raises(InputError, match=r"none\.toml: No such file or directory: give --plan a file"):
        load_project(project, Options(plan=str(project / "none.toml")))
    with pytest.raises(InputError, match=r"Is a directory: give --plan a file"):
        load_project(project, Options(plan=str(project)))
    (project / "p.toml").write_bytes(b"[plan]\n# \xff\n")
    with pytest.raises(InputError, match=r"p\.toml: not UTF-8 text"):
        load_project(project, Options(plan=str(project / "p.toml")))


BITS, ACTIVATIONS = st.sampled_from([2, 4, 8, 16]), st.sampled_from([4, 8, 16])
CLIPPING = st.sampled_from(["mmse", "max", "percentile"])
ROUNDING = st.sampled_from(["auto", "nearest", "compensated"])
THRESHOLD = st.one_of(st.just("off"), st.integers(0, 32767))
PATTERNS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["rnn1.h@8", "*.h", 'a"b', "a\\b", "a.b", "'", "weights", "paths", "é ü", "\x7f", "\n", "#", "[x]", "", " "]
)


def tables(**keys: st.SearchStrategy) -> st.SearchStrategy[dict[str, object]]:
    """Tables of patterns, each of which sets something."""
    rules = st.fixed_dictionaries({}, optional=keys).filter(bool)
    return st.dictionaries(PATTERNS, rules, max_size=4)


RANGES = st.floats(min_value=0, exclude_min=True, allow_infinity=False) | st.integers(1, 1 << 60)
RECORDED = st.fixed_dictionaries(
    {
        "plan": st.fixed_dictionaries(
            {
                "weights": BITS,
                "activations": ACTIVATIONS,
                "clipping": CLIPPING,
                "activation_clipping": CLIPPING,
                "percentile": st.floats(50, 100) | st.integers(50, 100),
                "rounding": ROUNDING,
                "bias_correction": st.booleans(),
                "state": st.sampled_from([16, 32]),
                "accumulators": st.sampled_from(["auto", "shared", "separate"]),
                "per_row": st.booleans(),
                "paths": tables(
                    weights=BITS, activations=ACTIVATIONS, clipping=CLIPPING, rounding=ROUNDING, per_row=st.booleans()
                ),
                "groups": tables(activations=ACTIVATIONS, clipping=CLIPPING, range=RANGES),
            }
        ),
        "delta": st.fixed_dictionaries(
            {
                "threshold": THRESHOLD,
                "kernels": st.sampled_from(["auto", "delta", "dense"]),
                "groups": st.dictionaries(PATTERNS, THRESHOLD, max_size=4),
            }
        ),
    }
)
COMMENTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


def read_back(folder: Path, text: str, project: Values | None = None) -> dict[str, object]:
    """The tables that a plan's text gives, as a build records them."""
    (folder / "p.toml").write_bytes(text.encode())
    values = with_plan(project or empty(), folder / "p.toml")
    named = with_options(values, Options(model="m.keras", target="cortex-m4"))
    recorded = resolve(named).recorded
    return {"plan": recorded["plan"], "delta": recorded["delta"]}


def in_order(value: object) -> object:
    """Equal only where the order is the same too: of patterns the last wins."""
    return [(key, in_order(item)) for key, item in value.items()] if isinstance(value, dict) else value


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plans")


@given(RECORDED, st.lists(COMMENTS, max_size=3), COMMENTS)
@example(resolve(with_options(empty(), Options(model="a", target="cortex-m4"))).recorded, ["Defaults."], "")
def test_what_is_written_is_read_back(folder, recorded, heading, remark):
    """With its patterns in order and comments over them; and what is read back is written as before, byte for byte."""
    tables_of_it = {"plan": recorded["plan"], "delta": recorded["delta"]}
    remarks = {
        pattern: remark for table in tables_of_it["plan"].values() if isinstance(table, dict) for pattern in table
    }
    text = plan_text(recorded, heading, remarks)
    found = read_back(folder, text)
    assert found == tables_of_it
    for name in ("paths", "groups"):
        assert list(found["plan"][name]) == list(tables_of_it["plan"][name])
    assert in_order(found["delta"]["groups"]) == in_order(tables_of_it["delta"]["groups"])
    assert plan_text(recorded, heading, remarks) == text
    assert read_back(folder, plan_text(found, [], {})) == tables_of_it


@given(RECORDED)
def test_a_plan_of_a_project_leaves_no_trace_of_the_one_before(folder, recorded):
    before = with_options(empty(), Options(weights=2, clipping="max", delta="3,other=4"))
    assert read_back(folder, plan_text(recorded, [], {}), before) == {
        name: recorded[name] for name in ("plan", "delta")
    }


def test_the_text_is_this(tmp_path):
    recorded = {
        "plan": {
            "weights": 4,
            "percentile": 99.9,
            "per_row": True,
            "paths": {"rnn1.*": {"weights": 8, "rounding": "nearest"}, "*.h": {"per_row": False}},
            "groups": {"rnn1.h": {"activations": 16}},
        },
        "delta": {"threshold": "off", "groups": {"rnn1.h": 3, 'odd "name"': "off"}},
    }
    text = plan_text(recorded, ["Found by a search.", "Of two lines."], {"rnn1.*": "0.2 points", "rnn1.h": "wide"})
    assert (
        text
        == """# Found by a search.
# Of two lines.

[plan]
weights = 4
percentile = 99.9
per_row = true

# 0.2 points
[plan.paths."rnn1.*"]
weights = 8
rounding = "nearest"

[plan.paths."*.h"]
per_row = false

# wide
[plan.groups."rnn1.h"]
activations = 16

[delta]
threshold = "off"

[delta.groups]
"rnn1.h" = 3
"odd \\"name\\"" = "off"
"""
    )
    assert tomllib.loads(text) == recorded
