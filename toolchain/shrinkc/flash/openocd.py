"""OpenOCD. Its `program` writes, verifies and resets; the board's files choose probe and part."""

import re
from collections.abc import Sequence

from ..compile.toolchain import Result
from ..errors import BuildError, InputError
from .flasher import Flasher, Job, Plan


class OpenOcd(Flasher):
    name = "openocd"
    no_probe = (
        r"Error: open failed|unable to find a matching CMSIS-DAP|No J-Link device found|unable to open CMSIS-DAP"
        r"|no device found"
    )
    verified = r"\*\* Verified OK \*\*"

    def plan(self, job: Job) -> Plan:
        told = self.told(job)
        files = (told,) if isinstance(told, str) else told
        command = ["openocd", *(word for file in files for word in ("-f", file))]
        if job.probe is not None:
            command += ["-c", f"adapter serial {_word(job.probe, 'probe')}"]
        command += ["-c", f"program {_word(str(job.image), 'file')} verify reset exit"]
        return Plan((tuple(command),))

    def refuse(self, job: Job, command: Sequence[str], result: Result) -> None:
        missing = re.search(r"Can't find (\S+)", result.messages)
        if missing:
            raise BuildError(f"this openocd has no file {missing[1]}: a later one may, or another --flasher")
        super().refuse(job, command, result)


def _word(text: str, what: str) -> str:
    """`text` as one word of Tcl. OpenOCD puts a file's name between braces itself, so it must have none."""
    if re.search(r"[{}\\]", text):
        raise InputError(f"openocd takes no braces and no backslashes in the name of a {what}: {text}")
    return text if re.fullmatch(r"[\w./+-]+", text) else f"{{{text}}}"
