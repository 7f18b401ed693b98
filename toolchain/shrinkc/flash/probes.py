"""Debug probes on this machine's USB, as Linux lists them. Only names are read: no probe is opened."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..printable import printable

_DEVICES = Path("/sys/bus/usb/devices")
_PRODUCTS = r"cmsis-dap|st-?link|j-?link|jlink"
"""What a probe calls itself."""


@dataclass(frozen=True)
class Probe:
    """A debug probe: its serial number, what it calls itself, and the ids of its vendor and product (4 hex digits)."""

    serial: str
    name: str
    vendor: str = ""
    product: str = ""


def usb_probes(kind: str = _PRODUCTS, folder: Path = _DEVICES) -> list[Probe]:
    """The probes whose name matches `kind`, by serial number; none where the system has no such list."""
    found = []
    for device in sorted(folder.glob("*")):
        name = _read(device / "product")
        if re.search(kind, name, re.IGNORECASE):
            serial, vendor, product = (_read(device / key) for key in ("serial", "idVendor", "idProduct"))
            found.append(Probe(serial, name, vendor, product))
    return found


def _read(path: Path) -> str:
    """One attribute; empty where the device has none, or has just been pulled out."""
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""


def listed(probes: Iterable[Probe]) -> str:
    """Probes for a message, or `none`."""
    return printable(", ".join(f"{probe.serial} ({probe.name})" for probe in probes)) or "none"
