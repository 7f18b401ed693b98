"""The guide's board of one's own is one that shrinkc takes."""

from pathlib import Path

from pages import block, page

from shrinkc.target import load_own


def test_the_guides_board_loads(tmp_path: Path) -> None:
    path = tmp_path / "myboard.toml"
    path.write_text(block(page("docs/guide.md"), "toml", "\n`myboard.toml`"))
    target = load_own(path)
    assert (target.core.name, target.board.qemu_machine, target.board.flasher) == ("cortex-m3", "netduino2", "openocd")
