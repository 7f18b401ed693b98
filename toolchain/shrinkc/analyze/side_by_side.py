"""Work on many things in processes side by side, forked from the one that holds the data."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TypeVar

from ..errors import BuildError

Item = TypeVar("Item")
Result = TypeVar("Result")


def side_by_side(work: Callable[[Item], Result], items: Sequence[Item], jobs: int | None = None) -> Iterator[Result]:
    """work(item) of each, in order, as they are found; `jobs` processes at once (None: one a core).

    Items and results travel between processes, `work` and what it holds do not. Raises BuildError if one is killed.
    """
    jobs = min(jobs or len(os.sched_getaffinity(0)), len(items))
    if jobs <= 1:
        yield from map(work, items)
        return
    try:
        with ProcessPoolExecutor(jobs, get_context("fork"), _take, (work,)) as pool:
            yield from pool.map(_do, items)
    except BrokenProcessPool as error:
        raise BuildError("a trial's process was killed, as when memory runs out: use fewer --jobs") from error


_WORK: list[Callable] = []
"""What a process was started for."""


def _take(work: Callable) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears of it, and ends the others
    _WORK[:] = [work]


def _do(item: object) -> object:
    return _WORK[0](item)
