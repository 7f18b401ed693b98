"""What can go wrong, and the exit code that each kind ends with.

A message is one line: it names the file, the layer or the key, says what is wrong, and says what to do.
"""


class ShrinkcError(Exception):
    """Base of every error that the command line shows as one line, without a traceback."""

    exit_code = 1


class BuildError(ShrinkcError):
    """A tool, the system or the build itself failed (exit code 1)."""

    exit_code = 1


class InputError(ShrinkcError):
    """The user's input or usage is wrong (exit code 2)."""

    exit_code = 2


class LimitError(ShrinkcError):
    """A validation limit was missed, or a bit differs (exit code 3)."""

    exit_code = 3
