"""`python -m shrinkc` and the `shrinkc` command."""

import os
import signal
import sys

# numpy's BLAS shares each product out over all cores. Ours are so small that its threads mostly wait for one another:
# one thread is four times as quick in all, and rounds alike on every machine. It is read when numpy is imported.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}


def main() -> None:
    """Run the command line and leave with its exit code."""
    from .cli import run
    from .signals import leave

    for name, value in ONE_THREAD.items():
        os.environ.setdefault(name, value)
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), leave)
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
