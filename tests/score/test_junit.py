"""JUnit XML of the checks, as another program reads it."""

from xml.etree import ElementTree

import pytest

from shrinkc.score.junit import junit, junit_of_error
from shrinkc.score.limits import Outcome, State

CHECKS = (
    Outcome("bit-exact", State.KEPT, "every output is equal"),
    Outcome("max-flash", State.MISSED, "flash is 9 bytes, above the limit of 8: use <fewer> & smaller"),
    Outcome("max-per-increase", State.UNKNOWN, "no PER"),
)


def test_a_case_for_each_check():
    root = ElementTree.fromstring(junit("lstm for cortex-m4", "lstm.cortex-m4", CHECKS))
    [suite] = root
    assert (root.tag, suite.tag, suite.get("name")) == ("testsuites", "testsuite", "lstm for cortex-m4")
    for part in (root, suite):
        assert [part.get(name) for name in ("tests", "failures", "errors", "time")] == ["3", "1", "1", "0"]
    assert [case.get("name") for case in suite] == [check.name for check in CHECKS]
    assert {case.get("classname") for case in suite} == {"lstm.cortex-m4"}
    failure = suite[1].find("failure")
    assert failure.get("message") == failure.text == CHECKS[1].sentence
    assert suite[0].findtext("system-out") == "every output is equal"
    assert suite[2].find("error").get("message") == "no PER"


def test_a_run_that_failed():
    text = junit_of_error("a", "b", ["bit-exact", "max-flash"], "BuildError", "QEMU\n hangs")
    [suite] = ElementTree.fromstring(text)
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["2", "0", "1", "1"]
    assert suite[0].find("error").attrib == {"type": "BuildError", "message": "QEMU hangs"}
    assert suite[1].find("skipped") is not None


def test_any_name_gives_well_formed_text():
    text = junit("\x1b[31m\0", "\x07", (Outcome("bit-exact", State.MISSED, "\x1b\ud800 \ufffe <&\"'"),))
    [suite] = ElementTree.fromstring(text)
    assert suite[0].find("failure").text == "?? ? <&\"'"


def test_the_same_checks_give_the_same_bytes():
    assert junit("a", "b", CHECKS) == junit("a", "b", CHECKS)


def test_another_reader_agrees(tmp_path):
    junitparser = pytest.importorskip("junitparser")
    (tmp_path / "j.xml").write_bytes(junit("lstm for cortex-m4", "lstm.cortex-m4", CHECKS))
    [suite] = junitparser.JUnitXml.fromfile(str(tmp_path / "j.xml"))
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (3, 1, 1, 0)
    cases = list(suite)
    assert [case.is_passed for case in cases] == [True, False, False]
    [found] = cases[1].result
    assert isinstance(found, junitparser.Failure) and found.message == CHECKS[1].sentence
