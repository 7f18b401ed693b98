"""What the model's own decoder must have given, from its outputs."""

import numpy as np

NONE, NOT_DECODED = -1, -2


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
