"""The definition of report.json: writing, reading, its documentation, its table and its page."""

import html.parser
import re
import typing
from pathlib import Path

import msgspec
import pytest

from shrinkc.errors import InputError
from shrinkc.score import report as reports
from shrinkc.score.page import page
from shrinkc.score.reference_table import markdown_table, rows_of
from shrinkc.score.table import headline, plain, title

SAMPLE = Path(__file__).with_name("sample_report.json")
ROOT = Path(__file__).parents[2]

# The keys that other programs rely on.
PROMISED = """
schema model.name model.parameters target digest compression.float_bytes compression.quantized_bytes
compression.percent sizes.flash sizes.weights sizes.code sizes.ram sizes.stack sizes.image paths[].name
paths[].rows paths[].columns paths[].weight_bits paths[].activation_bits paths[].clipping
paths[].rounding paths[].threshold paths[].largest_accumulator verification.utterances verification.frames
verification.symbols verification.silence verification.bit_exact verification.per.float
verification.per.integer verification.per.device verification.per.ci95
verification.instructions_per_frame.mean verification.instructions_per_frame.min
verification.instructions_per_frame.max verification.eliminated.percent verification.eliminated.by_path
"""


@pytest.fixture
def sample() -> reports.Report:
    return reports.from_json(SAMPLE.read_bytes(), "sample")


def test_json_is_the_same_after_a_round_trip(sample):
    assert reports.to_json(sample) == SAMPLE.read_text()


def test_promised_keys_are_defined():
    assert set(PROMISED.split()) <= {key for key, _, _ in rows_of(reports.Report)}


def test_every_key_is_described():
    def walk(part):
        for name, hint in typing.get_type_hints(part, include_extras=True).items():
            assert typing.get_origin(hint) is typing.Annotated, f"{part.__name__}.{name}"
            assert hint.__metadata__[0].description

    parts = [item for item in vars(reports).values() if isinstance(item, type)]
    for part in parts:
        if issubclass(part, reports.Part):
            walk(part)


def test_documentation_holds_the_table():
    assert markdown_table() in (ROOT / "docs" / "report.md").read_text()


def test_verification_is_absent_until_verified(sample):
    built = msgspec.structs.replace(sample, verification=None)
    text = reports.to_json(built)
    assert "verification" not in text
    assert reports.from_json(text, "text") == built
    assert reports.with_verification(built, sample.verification) == sample


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("", "not a report"),
        ("{", "not a report"),
        ("[]", "not a report"),
        ('{"schema": 1}', "not a report"),
        ('{"schema": "shrinkc-report-5"}', "not a report"),
        ('{"schema": "shrinkc-report-99"}', "shrinkc-report-99"),
        ('{"schema": "junit"}', "junit"),
        (b'{"schema": "\xff"}', "not a report"),
    ],
)
def test_broken_reports_are_refused(content, part):
    with pytest.raises(InputError, match=part) as caught:
        reports.from_json(content, "DIR/report.json")
    assert "DIR/report.json" in str(caught.value)
    assert "build again" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_key_is_another_schema(sample):
    text = reports.to_json(sample).replace('"image"', '"picture"')
    with pytest.raises(InputError, match="picture"):
        reports.from_json(text, "text")


def test_a_folder_without_a_report(tmp_path):
    with pytest.raises(InputError, match="shrinkc build"):
        reports.load(tmp_path)
    assert reports.written_files(tmp_path) is None


def test_files_of_another_schema_are_still_known(tmp_path):
    (tmp_path / "report.json").write_text('{"schema": "shrinkc-report-0", "files": ["a.c"], "more": 1}')
    assert reports.written_files(tmp_path) == ("a.c",)
    (tmp_path / "report.json").write_text('{"schema": "junit", "files": ["a.c"]}')
    assert reports.written_files(tmp_path) is None


def test_save_and_load(tmp_path, sample):
    reports.save(tmp_path, sample, page)
    assert reports.load(tmp_path) == sample
    assert sorted(item.name for item in tmp_path.iterdir()) == ["report.html", "report.json"]


def test_headline(sample):
    rows = dict(headline(sample))
    assert rows["PER, float"] == "25.00 % of 40 symbols, silence not counted"
    assert rows["PER, device"] == "26.00 %"
    assert rows["PER, increase"] == "+1.00 points (95 % interval -0.50 to +2.50, over utterances)"
    assert rows["bit-exact"] == "yes"
    assert rows["flash"] == "9,000 bytes (weights 1,400 bytes, code 7,600 bytes)"
    assert rows["stack"] == "312 bytes"
    assert rows["instructions per frame"] == "1,500 (1,200 to 1,800; 2,800 if every column is sent)"
    assert rows["work eliminated"] == "40.0 % of multiplications (input 25 %)"
    assert title(sample) == "lstm for cortex-m4 on zoo:lstm/test: 2 of 60 utterances, 100 frames"


def test_headline_of_a_board(sample):
    """Beside QEMU's, with cycles beside instructions; or alone, in its place."""
    kept = msgspec.structs.asdict(sample.verification)
    del kept["instructions_per_frame"]
    cycles = reports.Counted(mean=2100.5, min=2000, max=2300)
    found = reports.BoardVerification(**kept, self_test=False, cycles_per_frame=cycles, systick_per_frame=None)
    both = dict(headline(reports.with_verification(sample, found)))
    assert both["instructions per frame"].startswith("1,500")
    assert both["cycles per frame"] == "2,100 (2,000 to 2,300)"
    assert both["SysTick per frame"] == "it does not run"
    assert (both["board, bit-exact"], both["board, PER"], both["board, self-test"]) == ("yes", "26.00 %", "FAIL")
    alone = reports.with_verification(msgspec.structs.replace(sample, verification=None), found)
    rows = dict(headline(alone))
    assert rows["PER, device"] == "26.00 %" and "board, PER" not in rows and "instructions per frame" not in rows
    assert rows["work eliminated"] == "40.0 % of multiplications (input 25 %)"
    assert title(alone) == "lstm for cortex-m4 on zoo:lstm/test: 2 of 60 utterances, 100 frames"
    assert "cycles per frame" in page(alone) and reports.from_json(reports.to_json(alone), "text") == alone


def test_headline_before_verification(sample):
    built = msgspec.structs.replace(sample, verification=None)
    assert [measure for measure, _ in headline(built)] == ["flash", "RAM", "stack", "compression", "products"]
    assert title(built) == "lstm for cortex-m4"


def test_headline_names_a_divergence(sample):
    found = reports.Divergence(layer="rnn2", quantity="output", utterance=3, frame=7, index=11, device=-5, reference=-6)
    verification = msgspec.structs.replace(sample.verification, bit_exact=False, first_divergence=found)
    rows = dict(headline(reports.with_verification(sample, verification)))
    assert rows["bit-exact"] == ("NO: output of rnn2, utterance 3, frame 7, index 11: device -5, reference -6")


def test_plain_table_is_aligned():
    assert plain("heading", [("a", "1"), ("long", "2")]) == "heading\na     1\nlong  2\n"
    assert plain("heading", []) == "heading\n"


class _Tags(html.parser.HTMLParser):
    """Checks that tags close in order, and collects what a browser would fetch."""

    VOID = ("meta", "br", "link", "img")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag, attributes):
        self.fetched += [value for name, value in attributes if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("verified", [True, False])
def test_page_stands_alone(sample, verified):
    report = sample if verified else msgspec.structs.replace(sample, verification=None)
    text = page(report)
    tags = _Tags()
    tags.feed(text)
    assert not tags.open
    assert not tags.fetched
    assert "<script" not in text and "url(" not in text and "@import" not in text
    assert "prefers-color-scheme: dark" in text
    assert text == page(report)
    for path in report.paths:
        assert f"<td>{path.name}</td>" in text
    assert ("instructions per frame" in text) == verified


def test_page_escapes(sample):
    text = page(msgspec.structs.replace(sample, notes=("<b>&</b>",)))
    assert "<b>" not in text
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in text
    assert not re.search(r"\{\{|\{%", text)
