"""Any gdb server: OpenOCD's, pyOCD's, SEGGER's, and QEMU's, which stands in for them in the tests."""

import re
import struct
from collections.abc import Sequence

from ..compile.toolchain import Result
from ..errors import BuildError, InputError
from .flasher import Flasher, Job, Plan, last_line

_ADDRESS = r"(?:[\w.-]*|\[[0-9A-Fa-f:]+\]):\d{1,5}"
_THUMB = 1 << 24
"""xPSR after a reset: Thumb, and no interrupt at work."""


class Gdb(Flasher):
    name = "gdb"
    probe = "host:port of a gdb server"
    no_probe = r"Connection refused|Connection timed out|No route to host|cannot resolve name"
    verified = r"matched\.[\s\S]*detached"

    def plan(self, job: Job) -> Plan:
        """Load, compare every section, put the core into the state after a reset, and let go of it: it runs then.

        A server that knows `monitor reset halt` stops the board first; what another says to it does no harm. Stack
        pointer and program counter are set besides, since a reset before loading has taken those of the old image.
        """
        if job.probe is None:
            raise InputError("--flasher gdb needs --probe with host:port of a gdb server, such as localhost:3333")
        if not re.fullmatch(_ADDRESS, job.probe):
            raise InputError(f"--probe {job.probe!r} is no host:port, such as localhost:3333")
        vectors = job.elf.section_content(".vectors")
        if len(vectors) < 8:
            raise BuildError(f"{job.image} has no vector table; build it again")
        stack, start = struct.unpack_from("<II", vectors)
        steps = (
            "set tcp auto-retry off",
            f"target extended-remote {job.probe}",
            "monitor reset halt",
            "load",
            "compare-sections",
            f"set $sp = {stack:#010x}",
            f"set $xpsr = {_THUMB:#010x}",
            f"set $pc = {start & ~1:#010x}",
            "detach",
        )
        commands = (word for step in steps for word in ("-ex", step))
        return Plan((("gdb-multiarch", "-nx", "-batch", *commands, str(job.image)),))

    def check(self, job: Job) -> None:
        """Nothing: to look whether a server is there would already stop its board."""

    def refuse(self, job: Job, command: Sequence[str], result: Result) -> None:
        if re.search(self.no_probe, result.messages):
            raise BuildError(
                f"no gdb server answers at {job.probe}: start openocd, `pyocd gdbserver`, JLinkGDBServer or QEMU there"
            )
        wrong = re.findall(r"^Section (\S+), .*MIS-MATCHED", result.messages, re.MULTILINE)
        if wrong:
            raise BuildError(f"the board does not hold what was written to {', '.join(wrong)}: is that flash locked?")
        # gdb goes on after a command that failed, and its exit code is that of the last.
        if "Transfer rate:" not in result.messages:
            raise BuildError(f"gdb could not load the image: {last_line(result.messages)}")
        super().refuse(job, command, result)
