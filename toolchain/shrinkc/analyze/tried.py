"""Trials of ways to send, each made once: they are kept in a file, so that a search which was interrupted goes on.

The file names what was tried on, by digest; of another model, plan, data set or version it is begun anew.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from ..errors import InputError
from ..files import write_whole
from ..quantize import QuantizedNetwork
from ..reference import archive
from .sending import Sendings, with_sendings
from .sensitivity import Progress
from .side_by_side import side_by_side
from .trials import Held, Trials

SCHEMA_FAMILY = "shrinkc-tried-"
SCHEMA = SCHEMA_FAMILY + "3"

Key = tuple[int | None, tuple[tuple[int, int], ...], bool]
"""Utterances; threshold and coarseness of every send group; were the weights rounded for them?"""
Confirm = Callable[[Sendings], Held]
"""confirm(sendings): what the whole plan does on the whole dev set, quantised with them in force."""


class _Trial(msgspec.Struct):
    limit: int | None
    sendings: tuple[tuple[int, int], ...]
    held: Held
    in_full: bool = False


class _File(msgspec.Struct):
    schema: str
    digest: str
    tried: list[_Trial]


class Tried:
    """A quantised network sent in various ways, over the dev set of `trials`. record: the file of what was tried."""

    def __init__(
        self,
        trials: Trials,
        network: QuantizedNetwork,
        record: Path | None = None,
        jobs: int | None = None,
        progress: Progress = lambda *_: None,
    ) -> None:
        self.trials, self.network = trials, network
        self._record, self._jobs, self._progress = record, jobs, progress
        self._digest = _digest(trials, network)
        self._kept = {} if record is None else _read(record, self._digest)

    def held(self, wanted: Sequence[Sendings], limit: int | None, what: str) -> list[Held]:
        """What each way to send does on the first `limit` utterances. what: is being done, for the progress."""
        keys = [self._key(each, limit) for each in wanted]
        missing = [index for index, key in enumerate(keys) if key not in self._kept and key not in keys[:index]]

        def tried(index: int) -> Held:
            return self.trials.held(with_sendings(self.network, wanted[index]), limit)

        for done, (index, held) in enumerate(zip(missing, side_by_side(tried, missing, self._jobs), strict=True), 1):
            self._kept[keys[index]] = held
            self._write()
            self._progress(what, done, len(missing))
        return [self._kept[key] for key in keys]

    def in_full(self, wanted: Sendings, confirm: Confirm, what: str, number: int, count: int) -> Held:
        """What a way to send does on the whole dev set with the weights rounded for it; it is the `number`th of at most
        `count`.
        """
        key = self._key(wanted, None, True)
        if key not in self._kept:
            self._progress(what, number, count)
            self._kept[key] = confirm(wanted)
            self._write()
        return self._kept[key]

    def _key(self, wanted: Sendings, limit: int | None, in_full: bool = False) -> Key:
        each = (wanted[group.name] for group in self.network.groups)
        return limit, tuple((one.threshold, one.coarse) for one in each), in_full

    def _write(self) -> None:
        if self._record is not None:
            tried = [_Trial(limit, sent, held, full) for (limit, sent, full), held in self._kept.items()]
            write_whole(self._record, msgspec.json.encode(_File(SCHEMA, self._digest, tried)))


def check_record(path: Path) -> None:
    """Raise InputError where something else lies in the place of the file."""
    if path.exists():
        _decoded(path)


def _read(path: Path, digest: str) -> dict[Key, Held]:
    if not path.exists():
        return {}
    found = _decoded(path)
    if (found.schema, found.digest) != (SCHEMA, digest):
        return {}
    return {(each.limit, each.sendings, each.in_full): each.held for each in found.tried}


def _decoded(path: Path) -> _File:
    try:
        found = msgspec.json.decode(path.read_bytes(), type=_File)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        found = None
    if found is None or not found.schema.startswith(SCHEMA_FAMILY):
        raise InputError(f"{path} is in the place of the record of trials: move it, or choose another folder with -o")
    return found


def _digest(trials: Trials, network: QuantizedNetwork) -> str:
    """Of all that decides what a trial finds: the integers, the model in float, the data and the metric."""
    kept = archive.to_bytes(archive.Reference(archive.FORMAT, "", trials.reference, network, {}, "none", -1))
    whole = hashlib.sha256(kept + repr((trials.metric, trials.dev.speakers)).encode())
    for array in (trials.dev.features, trials.dev.lengths, trials.dev.labels, trials.dev.label_lengths):
        whole.update(array.tobytes())
    if trials.dev.frame_labels is not None:
        whole.update(trials.dev.frame_labels.tobytes())
    return whole.hexdigest()
