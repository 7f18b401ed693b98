"""SEGGER's J-Link Commander. Neither pip nor Debian has it, so its commands are tried as text only."""

from ..errors import InputError
from .flasher import Flasher, Job, Plan
from .probes import Probe, usb_probes


class JLink(Flasher):
    name = "jlink"
    probe = "the J-Link's serial number"
    plug = "plug in the board's J-Link port, or a J-Link that is wired to the board"
    no_probe = r"Connecting to J-Link.*FAILED|Cannot connect to J-Link|No emulators connected"

    def plan(self, job: Job) -> Plan:
        binary, script = job.made(".bin"), job.made(".jlink")
        if '"' in binary:
            raise InputError(f"J-Link Commander takes no quotes in the name of a file: {binary}")
        place = f'"{binary}", {job.first:#010x}'
        # Every error ends it, a byte that differs too.
        lines = ("ExitOnError 1", "r", f"loadfile {place}", f"verifybin {place}", "r", "g", "q")
        serial = () if job.probe is None else ("-USB", job.probe)
        device = ("-device", str(self.told(job)), "-if", "SWD", "-speed", "4000", "-autoconnect", "1")
        command = ("JLinkExe", "-NoGui", "1", "-ExitOnError", "1", *serial, *device, "-CommandFile", script)
        return Plan((job.to_binary(self.name), command), {script: "\n".join(lines) + "\n"})

    def probes(self) -> list[Probe]:
        return usb_probes(r"j-?link")
