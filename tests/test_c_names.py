"""Names that can stand in the generated C, and those that cannot."""

import pytest

from shrinkc.c_names import LONGEST_NAME, name_problem


@pytest.mark.parametrize("name", ["lstm", "Net_2", "x", "doubled", "iffy", "a" * LONGEST_NAME])
def test_names_that_serve(name):
    assert name_problem(name) is None


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "no C identifier"),
        ("2lstm", "no C identifier"),
        ("my-model", "no C identifier"),
        ("größe", "no C identifier"),
        ("lstm\n", "no C identifier"),
        ("double", "keyword of C or C++"),
        ("class", "keyword of C or C++"),
        ("_lstm", "starts with _"),
        ("string", "header of C"),
        ("Math", "header of C"),
        ("main", "every C program starts"),
        ("shrinkc_lstm", "starts with shrinkc"),
        ("ShrinkC", "starts with shrinkc"),
        ("a" * (LONGEST_NAME + 1), f"longer than {LONGEST_NAME}"),
    ],
)
def test_names_that_do_not(name, problem):
    assert problem in name_problem(name)
