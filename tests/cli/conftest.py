"""A pipeline that builds and verifies nothing, so that the commands around it can be tried quickly."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

import shrinkc
from shrinkc.board import Attached
from shrinkc.cli import run
from shrinkc.score import report as reports

SAMPLE = Path(__file__).parents[1] / "score" / "sample_report.json"


class FakePipeline:
    """Gives the sample report; keeps what it was asked for in `settings`, `folder` and `options`."""

    def __init__(self) -> None:
        verified = reports.from_json(SAMPLE.read_bytes(), "sample")
        self.verification = verified.verification
        self.report = msgspec.structs.replace(verified, verification=None, files=())
        self.files: dict[str, bytes | str] = {"lstm.c": "int x;\n", "lstm.elf": b"\x7fELF", "src/a.h": ""}
        self.error: BaseException | None = None

    def build(self, settings: object, progress: Callable[..., None]) -> SimpleNamespace:
        self.settings = settings
        progress("importing")
        if self.error:
            raise self.error
        report = msgspec.structs.replace(self.report, target=settings.target, build=settings.recorded)
        return SimpleNamespace(files=self.files, report=report)

    def verify(
        self,
        folder: Path,
        settings: object,
        limit: int | None,
        jobs: int | None,
        progress: Callable[..., None],
        board: Attached | None,
    ) -> reports.Report:
        self.folder, self.settings, self.options = folder, settings, {"limit": limit, "jobs": jobs, "board": board}
        for done in range(3):
            progress("running", done, 2)
        if self.error:
            raise self.error
        return reports.with_verification(reports.load(folder), self.verification if board is None else self.on_board())

    def on_board(self) -> reports.BoardVerification:
        """The same result, of a board."""
        kept = msgspec.structs.asdict(self.verification)
        del kept["instructions_per_frame"]
        return reports.BoardVerification(**kept, self_test=True, cycles_per_frame=None, systick_per_frame=None)


@pytest.fixture
def pipeline(monkeypatch) -> FakePipeline:
    fake = FakePipeline()
    monkeypatch.setattr(shrinkc, "pipeline", fake, raising=False)
    return fake


@pytest.fixture
def shrinkc_run(tmp_path, monkeypatch, capsys) -> Callable[..., tuple[int, str, str]]:
    """Run one command line in `tmp_path`: (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    return call
