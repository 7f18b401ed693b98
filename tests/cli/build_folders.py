"""What the tests of several commands share: a build by its command line, and what lies in a folder."""

from pathlib import Path

BUILD = ("build", "m.keras", "--target", "cortex-m4")


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
