"""Splits that depend on names alone: the same corpus gives the same sides on every machine."""

import hashlib
from collections.abc import Hashable, Mapping, Sequence

from ..errors import InputError


def shuffled(names: Sequence[str], seed: str) -> list[str]:
    """The distinct names in an order that looks random and depends only on the names and the seed."""
    return sorted(set(names), key=lambda name: hashlib.sha256(f"{seed}:{name}".encode()).digest())


def split_by_group(groups: Sequence[str], sizes: Mapping[str, int], seed: str, rest: str = "train") -> list[str]:
    """Give every item a side, so that no group (speaker, or cluster of texts) stands on two.

    `groups` has one name an item. `sizes` is the least number of items of each side but `rest`; sides are
    filled in that order with whole groups, in the shuffled order. Returns one side an item.
    """
    counts: dict[str, int] = {}
    for group in groups:
        counts[group] = counts.get(group, 0) + 1
    waiting = shuffled(groups, seed)
    side_of: dict[Hashable, str] = {}
    for side, least in sizes.items():
        filled = 0
        while filled < least:
            if not waiting:
                raise InputError(f"too few items for the split: {side} has {filled} of {least}")
            group = waiting.pop(0)
            side_of[group] = side
            filled += counts[group]
    return [side_of.get(group, rest) for group in groups]


def cluster_alike(texts: Sequence[str], least: float) -> list[str]:
    """Name the cluster of each text: texts alike by `least` percent or more (rapidfuzz' ratio) share one.

    Likeness is chained: a and c share a cluster when both are like b. A cluster's name is its first text by alphabet.
    """
    from rapidfuzz import fuzz, process

    distinct = sorted(set(texts))
    alike = process.cdist(distinct, distinct, scorer=fuzz.ratio, score_cutoff=least) >= least
    name_of = {text: text for text in distinct}
    for row, text in enumerate(distinct):
        joined = {name_of[other] for column, other in enumerate(distinct) if alike[row, column]} | {name_of[text]}
        first = min(joined)
        for other, name in name_of.items():
            if name in joined:
                name_of[other] = first
    return [name_of[text] for text in texts]
