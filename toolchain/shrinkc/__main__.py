"""`python -m shrinkc` and the `shrinkc` command."""

import signal
import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    from .cli import run
    from .signals import leave

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), leave)
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
