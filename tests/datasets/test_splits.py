"""Splits: whole groups on one side, whatever the names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shrinkc.datasets.splits import cluster_alike, shuffled, split_by_group
from shrinkc.errors import InputError


@given(st.lists(st.sampled_from("abcdefghij"), min_size=12, max_size=60), st.integers(1, 3), st.integers(1, 3))
def test_no_group_stands_on_two_sides(groups, tests, devs):
    try:
        sides = split_by_group(groups, {"test": tests, "dev": devs}, seed="x")
    except InputError:
        assert len(set(groups)) < 8
        return
    assert len(set(zip(groups, sides, strict=True))) == len(set(groups))
    assert sides.count("test") >= tests and sides.count("dev") >= devs


def test_order_depends_on_names_and_seed_only():
    assert shuffled(["b", "a", "a", "c"], "1") == shuffled(["c", "b", "a"], "1")
    letters = list("abcdefgh")
    assert shuffled(letters, "1") != shuffled(letters, "2")


def test_too_few_items():
    with pytest.raises(InputError, match="test has 2 of 5"):
        split_by_group(["a", "b"], {"test": 5}, seed="x")


def test_texts_nearly_alike_share_a_cluster():
    texts = ["press one now", "press one now please", "you have mail", "goodbye", "press one now"]
    names = cluster_alike(texts, 75)
    assert names[0] == names[1] == names[4] == "press one now"
    assert len(set(names)) == 3


def test_likeness_is_chained():
    # Neighbours differ by one letter of ten (90 percent alike), the ends by two.
    assert len(set(cluster_alike(["aaaaaaaaaa", "aaaaaaaaab", "aaaaaaaabb"], 90))) == 1
