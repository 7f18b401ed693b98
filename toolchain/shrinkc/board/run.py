"""Runs an image over utterances on a board, over its serial port: the counterpart of emulate/run.py."""

from collections.abc import Callable, Sequence

import numpy as np

from ..compile.image import Image
from ..compile.interface import protocol
from ..emulate import qemu
from ..emulate.counter import Counter
from ..emulate.run import WHOLE_FRAME_S, Progress
from ..emulate.trace import Trace, check_utterances, decode_output, encode_input, utterance_ends
from ..errors import BuildError, InputError
from . import Attached
from .port import open_port
from .session import Session, Welcome


def run_on_board(
    image: Image,
    utterances: Sequence[np.ndarray],
    board: Attached,
    *,
    time_limit_s: float = 120.0,
    hello_limit_s: float = 10.0,
    progress: Progress | None = None,
    dump_state: bool = False,
    greeted: Callable[[Welcome], None] = lambda welcome: None,
) -> Trace:
    """Run `image`, which is on the board, over `utterances`, each int16 (frames, inputs): what it did, in their order.

    A board that asks for nothing new for `time_limit_s` seconds hangs; a model of whole utterances may take a second
    more for each frame of the longest. `greeted` is told what the board says of itself.

    Raises InputError for utterances of the wrong shape, a port that cannot be opened, and a board that holds another
    model or another board's image; BuildError when no board answers, and when it crashes, hangs, or leaves an output
    that is not whole.
    """
    check_utterances(utterances, image.interface)
    if not utterances:
        raise InputError("there are no utterances to run")
    ends = utterance_ends(image.interface, utterances, dump_state=dump_state)
    name = image.target.board.name

    def told(size: int) -> None:
        if progress is not None:
            progress(int(np.searchsorted(ends, size, side="right")), len(utterances))

    def fault(text: str) -> str | None:
        found = qemu.describe_fault(text, image)
        return None if found is None else f"{image.name} crashed on {name}: {found}"

    frames = [len(utterance) for utterance in utterances]
    silence_s = max(frames) * WHOLE_FRAME_S if image.interface.max_frames else 0.0
    with open_port(board.port, board.baud_for(image)) as port:
        content = encode_input(utterances, dump_state=dump_state)
        session = Session(port, content, time_limit_s + silence_s, hello_limit_s + silence_s, fault, told)
        welcome = session.begin()
        if welcome.interface != image.interface:
            raise InputError(
                f"the board on {port.name} holds model {welcome.interface.digest[:16]}, this build is "
                f"{image.interface.digest[:16]}: flash {image.name}.elf"
            )
        if not welcome.is_for(name):
            raise InputError(
                f"the board on {port.name} holds an image for {welcome.board}, this build is for {name}: flash "
                f"{image.name}.elf"
            )
        greeted(welcome)
        code, output = session.serve()
    if code != 0:
        reads = code == protocol()["EXIT_INPUT"]
        raise BuildError(f"the image on {name} could not {'read its input' if reads else 'write its output'}")
    return decode_output(output, image.interface, sum(frames), Counter(0), dump_state=dump_state)
