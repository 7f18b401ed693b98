"""`shrinkc doctor`: what is installed of all that shrinkc can use, and how to get the rest."""

import re
from dataclasses import asdict, dataclass

import click

from ..compile.programs import LIBC_PACKAGE, TOOLS, Tool
from ..compile.versions import answer, program_version
from .console import print_json, print_table


@dataclass(frozen=True)
class Finding:
    """What became of one look: the version found (empty: none), or what to do about it."""

    name: str
    use: str
    needed: bool
    found: bool
    version: str
    remedy: str


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """Check compiler, emulator, Python packages and debug probes, and say how to get what is missing.

    Ends with exit code 1 if anything is missing that `shrinkc build` or `shrinkc verify` needs.
    """
    findings = examine()
    missing = [finding.name for finding in findings if finding.needed and not finding.found]
    if as_json:
        import json

        print_json(json.dumps({"ready": not missing, "findings": [asdict(each) for each in findings]}, indent=2))
    else:
        print_table("what shrinkc uses", [_row(finding) for finding in findings])
        click.echo(f"missing: {', '.join(missing)}" if missing else "everything that build and verify need is here")
    if missing:
        context.exit(1)


def _row(finding: Finding) -> tuple[str, str, str]:
    if finding.found:
        return finding.name, finding.version or "found", finding.use
    kind = "MISSING" if finding.needed else "not installed"
    return finding.name, kind, f"{finding.use}: {finding.remedy}"


def examine() -> list[Finding]:
    """Look for every tool and package."""
    return [*(find_program(tool) for tool in TOOLS), find_libc(), find_machines(), *find_packages()]


def find_program(tool: Tool) -> Finding:
    """Whether a program is there and runs, and its version."""
    version = program_version(tool.name)
    found = version is not None
    return Finding(tool.name, tool.use, tool.needed, found, version or "", "" if found else tool.install)


def find_libc() -> Finding:
    """Whether the Arm compiler has a C library: Debian packs it apart."""
    path = answer(["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-print-file-name=libc.a"]).strip()
    found = path.startswith("/")
    remedy = "" if found else f"apt-get install {LIBC_PACKAGE}"
    return Finding("newlib", "memcpy and the like for images", True, found, "", remedy)


def find_machines() -> Finding:
    """Whether QEMU knows the machine of every board that names one."""
    from ..target import list_targets, load_target

    known = {line.split()[0] for line in answer(["qemu-system-arm", "-machine", "help"]).splitlines() if line.split()}
    wanted = {load_target(name).board.qemu_machine for name in list_targets()} - {""}
    unknown = sorted(wanted - known)
    remedy = f"no {', '.join(unknown)}: install qemu-system-arm 7.2 or later" if unknown else ""
    return Finding("QEMU machines", "one for every core", True, not unknown, "" if unknown else "all", remedy)


def find_packages() -> list[Finding]:
    """The Python packages that shrinkc's own metadata asks for, those of its extras too."""
    from importlib import metadata

    findings: dict[str, Finding] = {}
    for requirement in metadata.requires("shrinkc") or []:
        name = re.match(r"[\w.-]+", requirement)[0]
        extra = re.search(r"extra\s*==\s*['\"](\w+)['\"]", requirement)
        programs = {tool.name for tool in TOOLS}
        if name == "shrinkc" or name in findings or name in programs or (extra and extra[1] == "all"):
            continue
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            version = ""
        use = f"Python package, extra {extra[1]!r}" if extra else "Python package"
        wanted = f"'shrinkc[{extra[1]}]'" if extra else f"'{requirement.split(';')[0].strip()}'"
        remedy = "" if version else f"pip install {wanted}"
        findings[name] = Finding(name, use, extra is None, bool(version), version, remedy)
    return list(findings.values())
