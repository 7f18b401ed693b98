"""`python -m shrinkc` and the `shrinkc` command."""

import signal
import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    from .cli import run

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _terminated)
    sys.exit(run(sys.argv[1:]))


def _terminated(number: int, frame: object) -> None:
    """Leave by way of every `finally`, so that temporary files and emulators go too."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    main()
