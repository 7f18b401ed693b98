"""Real speech that lies beside the checkout; what needs it is skipped where it is not there."""

from pathlib import Path

import pytest

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
