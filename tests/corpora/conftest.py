"""Real speech that lies beside the checkout; what needs it is skipped where it is not there."""

import os
from pathlib import Path

import pytest

from shrinkc.corpora.espeak_library import Library
from shrinkc.errors import InputError

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def real(name: str) -> Path:
    """The folder of a real corpus, or a skip that says what is missing."""
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"no {name} in ../shared/data beside the checkout")
    return folder


@pytest.fixture
def timit_sample() -> Path:
    return real("timit-sample")


@pytest.fixture
def speechocean() -> Path:
    return real("speechocean762")


@pytest.fixture(scope="session")
def espeak_here() -> Library:
    """espeak-ng in this process: a skip where it is missing, but a failure where CI says that all is installed."""
    try:
        return Library()
    except InputError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))
