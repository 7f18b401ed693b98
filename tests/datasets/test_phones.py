"""The phone sets, against the published tables."""

import pytest

from shrinkc.datasets.phones import PHONE_SETS, TIMIT_61_TO_39, phone_set
from shrinkc.errors import InputError


def test_timit_folds_61_labels_to_39():
    labels = set(TIMIT_61_TO_39) - {"sil"}
    assert len(labels) == 61
    assert len({symbol for symbol in TIMIT_61_TO_39.values() if symbol}) == 39
    assert TIMIT_61_TO_39["q"] is None
    folds = {"ao": "aa", "ax": "ah", "ax-h": "ah", "axr": "er", "hv": "hh", "ix": "ih", "el": "l", "em": "m"}
    folds |= {"en": "n", "nx": "n", "eng": "ng", "zh": "sh", "ux": "uw", "epi": "sil", "h#": "sil", "tcl": "sil"}
    assert {label: TIMIT_61_TO_39[label] for label in folds} == folds
    assert TIMIT_61_TO_39["dx"] == "dx"


def test_sizes_with_silence():
    # CMUdict's 39 has no silence of its own; the common set is those 39 less ao and zh.
    assert {name: len(made.symbols) for name, made in PHONE_SETS.items()} == {
        "common": 38,
        "timit39": 39,
        "cmudict39": 40,
    }
    assert all(made.symbols[0] == "sil" for made in PHONE_SETS.values())


def test_common_is_what_the_two_sets_share():
    common, timit, cmudict = (set(PHONE_SETS[name].symbols) for name in ("common", "timit39", "cmudict39"))
    assert common == timit & cmudict
    folded = {label: PHONE_SETS["common"].fold(label, "") for label in ("ao", "zh", "dx", "ux", "tcl", "q", "+spn+")}
    assert folded == {"ao": "aa", "zh": "sh", "dx": "t", "ux": "uw", "tcl": "sil", "q": None, "+spn+": "sil"}


def test_silence_never_stands_in_labels():
    phones = phone_set("common")
    indices = phones.indices(["h#", "b", "q", "ao", "tcl", "t", "h#"], "x")
    assert [phones.symbols[index] for index in indices] == ["b", "aa", "t"]


def test_unknown_names():
    with pytest.raises(InputError, match=r"one of common, timit39, cmudict39"):
        phone_set("ipa")
    with pytest.raises(InputError, match="utterance 7: phone 'xx' is not in the phone set 'cmudict39'"):
        phone_set("cmudict39").fold("xx", "utterance 7")
