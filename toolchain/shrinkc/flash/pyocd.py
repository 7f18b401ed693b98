"""pyOCD. It has no verifying of its own, so its commander reads back and compares what was written."""

import json
import re

from ..compile.processes import find_tool
from ..compile.versions import answer
from ..errors import BuildError
from .flasher import Flasher, Job, Plan, refuse_several
from .probes import Probe


class PyOcd(Flasher):
    name = "pyocd"
    probe = "the probe's unique id, or a part of it"
    no_probe = r"No connected debug probe|No available debug probe"
    verified = r"All \d+ bytes match"

    def plan(self, job: Job) -> Plan:
        options = ("--no-wait", "--target", str(self.told(job)))
        if job.probe is not None:
            options += ("--probe", job.probe)
        # Else the commander leaves the core under a debugger that is gone.
        release = ("-O", "resume_on_disconnect")
        compare = f"compare {job.first:#010x} {_word(job.made('.bin'))}"
        return Plan(
            (
                ("pyocd", "flash", *options, "--format", "elf", str(job.image)),
                job.to_binary(self.name),
                ("pyocd", "commander", *options, *release, "--command", compare, "--command", "reset"),
            )
        )

    def probes(self) -> list[Probe]:
        return [Probe(each["unique_id"], each["info"]) for each in _list("probes", "boards")]

    def check(self, job: Job) -> None:
        """Raise unless pyOCD knows the part and finds the probe. It would ask which of several probes to take."""
        target = str(self.told(job))
        if target.lower() not in {each["name"].lower() for each in _list("targets", "targets")}:
            raise BuildError(f"this pyocd does not know {target} yet: run `pyocd pack install {target}`")
        found = self.probes()
        if not [probe for probe in found if job.probe is None or job.probe.lower() in probe.serial.lower()]:
            self.refuse_probe(job, "pyocd")
        if job.probe is None:
            refuse_several(found)


def _list(what: str, key: str) -> list[dict]:
    """What pyOCD lists of its `probes` or `targets`."""
    text = answer([find_tool("pyocd"), "json", f"--{what}"])
    try:
        return json.loads(text[text.index("{") :])[key]
    except (ValueError, KeyError) as error:
        raise BuildError(f"pyocd does not list its {what}: is it 0.36 or later? `pyocd json --{what}` tells") from error


def _word(text: str) -> str:
    """`text` as one word of a pyOCD command."""
    return text if re.fullmatch(r"[\w./-]+", text) else '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
