"""probe-rs. Neither pip nor Debian has it, so its commands are tried as text only."""

from dataclasses import replace

from .flasher import Flasher, Job, Plan
from .probes import Probe


class ProbeRs(Flasher):
    name = "probe-rs"
    probe = "VID:PID or VID:PID:serial, as `probe-rs list` has them"
    no_probe = r"(?i)no connected probes|no probe was found|probe not found|no probes? found"

    def plan(self, job: Job) -> Plan:
        options = ("--non-interactive", "--chip", str(self.told(job)))
        if job.probe is not None:
            options += ("--probe", job.probe)
        download = ("probe-rs", "download", *options, "--verify", str(job.image))
        return Plan((download, ("probe-rs", "reset", *options)))

    def probes(self) -> list[Probe]:
        return [replace(probe, serial=f"{probe.vendor}:{probe.product}:{probe.serial}") for probe in super().probes()]
