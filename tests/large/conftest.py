"""A table of what the large models came to, printed at the end of the run."""

import pytest

ROWS = pytest.StashKey[list[tuple[str, ...]]]()
HEADS = (
    "model",
    "parameters",
    "flash, bytes",
    "RAM, bytes",
    "build, s",
    "memory, MB",
    "instructions per frame",
    "work eliminated",
    "bit-exact",
)


def pytest_configure(config: pytest.Config) -> None:
    config.stash[ROWS] = []


@pytest.fixture
def table(request: pytest.FixtureRequest) -> list[tuple[str, ...]]:
    """Rows of texts, one for each of HEADS."""
    return request.config.stash[ROWS]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if rows := config.stash[ROWS]:
        terminalreporter.write_line("")
        for row in (HEADS, ["---"] * len(HEADS), *rows):
            terminalreporter.write_line(f"| {' | '.join(row)} |")
