"""The model's own decoder: what it is told at build, and what it must have given, from the outputs."""

import numpy as np

from ..datasets import Dataset
from ..emit import Labels
from ..errors import InputError

NONE, NOT_DECODED = -1, -2
NO_BLANK = -1


def labels_of(dataset: Dataset, outputs: int, decode: str, blank: str | None) -> Labels:
    """Names for a network's outputs, where the data set has one for each, and how they are decoded.

    decode: "none", "argmax" or "ctc"; blank: the name of CTC's. Raises InputError where "ctc" has no blank to go by.
    """
    symbols = dataset.symbols
    named = symbols if len(symbols) == outputs else ()
    if decode == "ctc" and blank not in named:
        raise InputError(
            f"--decode ctc needs the blank's place, and metric.blank {blank!r} is not among the "
            f"{len(symbols)} symbols of the calibration set for {outputs} outputs; set it, or use argmax"
        )
    return Labels(named, decode, symbols.index(blank) if blank in symbols else NO_BLANK)


def decoded_symbols(outputs: np.ndarray, decode: str, blank: int) -> np.ndarray:
    """int32 (frames,) of outputs (frames, classes): the best class, or with "ctc" the symbol that begins there or -1.

    The lowest class wins among equals; with "none" every frame is -2.
    """
    if decode == "none":
        return np.full(len(outputs), NOT_DECODED, np.int32)
    best = outputs.argmax(axis=1).astype(np.int32)
    if decode == "argmax":
        return best
    before = np.concatenate([[blank], best[:-1]]).astype(np.int32)
    return np.where((best != before) & (best != blank), best, NONE).astype(np.int32)
