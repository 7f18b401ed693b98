"""The process that speaks: `python -m shrinkc.corpora.espeak_worker`.

espeak-ng's sound depends on what the process said before, so every corpus is spoken by a fresh process, in order.
Lines are JSON. First goes out {version, rate, variants}. Then lines of {text, accent, variant, rate, pitch, span}
come in, until the input ends; for each, in order, goes out {samples, phonemes: [[sample, mnemonic, first], ...]}
and then the samples, little-endian int16. An error is one line on stderr and the exit code of its kind.
"""

import json
import sys

from ..errors import ShrinkcError
from .espeak_library import Library, Manner


def main() -> int:
    """Speak what comes in on stdin."""
    try:
        library = Library()
        _send({"version": library.version, "rate": library.rate, "variants": library.variants()})
        # The whole input is read first: the other side may write all of it before it begins to read.
        for line in sys.stdin.buffer.readlines():
            order = json.loads(line)
            samples, phonemes = library.say(order.pop("text"), Manner(**order))
            heard = [[phoneme.sample, phoneme.mnemonic, phoneme.first] for phoneme in phonemes]
            _send({"samples": len(samples), "phonemes": heard}, samples.astype("<i2").tobytes())
    except ShrinkcError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def _send(message: dict, content: bytes = b"") -> None:
    sys.stdout.buffer.write(json.dumps(message).encode() + b"\n" + content)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
