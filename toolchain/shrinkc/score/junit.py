"""The checks of a verified build as JUnit XML, as Jenkins and GitLab read it. The same checks give the same bytes."""

from collections.abc import Sequence
from xml.etree import ElementTree

from ..printable import printable
from .limits import Outcome, State

SUITES = "shrinkc verify"
_KINDS = {State.MISSED: ("failure", "LimitError"), State.UNKNOWN: ("error", "InputError")}


def junit(suite: str, of: str, outcomes: Sequence[Outcome]) -> bytes:
    """A test case for each check. suite: what they are of; of: the class that they stand under, with dots."""
    cases = [_case(of, outcome) for outcome in outcomes]
    return _document(suite, cases)


def junit_of_error(suite: str, of: str, names: Sequence[str], kind: str, message: str) -> bytes:
    """The same where the run failed: the first check ends with an error, those after it are skipped."""
    first = ElementTree.Element("testcase", _case_attributes(of, names[0]))
    _note(first, "error", kind, message)
    rest = [ElementTree.Element("testcase", _case_attributes(of, name)) for name in names[1:]]
    for case in rest:
        ElementTree.SubElement(case, "skipped", message="not checked: the run failed")
    return _document(suite, [first, *rest])


def _case_attributes(of: str, name: str) -> dict[str, str]:
    # A duration would differ from run to run; some readers want the attribute.
    return {"classname": printable(of), "name": name, "time": "0"}


def _case(of: str, outcome: Outcome) -> ElementTree.Element:
    case = ElementTree.Element("testcase", _case_attributes(of, outcome.name))
    if outcome.state in _KINDS:
        _note(case, *_KINDS[outcome.state], outcome.sentence)
    else:
        ElementTree.SubElement(case, "system-out").text = printable(outcome.sentence)
    return case


def _note(case: ElementTree.Element, tag: str, kind: str, message: str) -> None:
    """Jenkins shows the attribute, GitLab the text."""
    text = printable(" ".join(message.split()))
    ElementTree.SubElement(case, tag, type=kind, message=text).text = text


def _document(suite: str, cases: Sequence[ElementTree.Element]) -> bytes:
    counts = {"tests": str(len(cases))}
    for tag, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        counts[name] = str(sum(case.find(tag) is not None for case in cases))
    of_all = {name: counts[name] for name in ("tests", "failures", "errors")}
    root = ElementTree.Element("testsuites", {"name": SUITES, **of_all, "time": "0"})
    part = ElementTree.SubElement(root, "testsuite", {"name": printable(suite), **counts, "time": "0"})
    part.extend(cases)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"
