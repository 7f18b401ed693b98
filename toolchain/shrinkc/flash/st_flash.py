"""st-flash of stlink-tools, for ST's parts behind an ST-LINK. It verifies what it wrote by itself."""

from .flasher import Flasher, Job, Plan
from .probes import Probe, usb_probes


class StFlash(Flasher):
    name = "st-flash"
    probe = "the ST-LINK's serial number"
    plug = "plug in the board's ST-LINK port, or an ST-LINK that is wired to the board"
    no_probe = r"Couldn't find any ST-Link"
    # It ends with 0 when it has found no ST-LINK at all.
    verified = r"Flash written and verified"

    def plan(self, job: Job) -> Plan:
        self.told(job)
        serial = () if job.probe is None else ("--serial", job.probe)
        write = ("st-flash", "--reset", *serial, "write", job.made(".bin"), f"{job.first:#010x}")
        return Plan((job.to_binary(self.name), write))

    def probes(self) -> list[Probe]:
        return usb_probes(r"st-?link")
