"""A CMSIS-Pack: VENDOR.NAME.VERSION.pack, a zip with its description (PDSC, schema 1.7.32), and that beside it."""

from ..npz import zipped
from .about import About
from .format import Format
from .library import Library
from .render import common, examples, pair, render

CORES = {
    "portable": tuple(f'Dcore="Cortex-{core}"' for core in ("M0", "M0+", "M1", "M3", "M23")),
    "dsp": (
        'Dcore="Cortex-M4"',
        'Dcore="Cortex-M7"',
        'Dcore="Cortex-M33" Ddsp="DSP"',
        'Dcore="Cortex-M35P" Ddsp="DSP"',
    ),
    "helium": tuple(
        f'Dcore="Cortex-{core}" Dmve="{mve}"' for core in ("M52", "M55", "M85") for mve in ("MVE", "FP_MVE")
    ),
}
"""By family of kernels: the cores that have its instructions. The pack offers its component for those alone."""


def files(library: Library, about: About) -> dict[str, bytes | str]:
    """The pack and its description. What the pack holds stands in a fixed order, with fixed times."""
    both = pair(library, about)
    inside = {
        f"include/{library.name}.h": both.header,
        f"src/{library.name}.c": both.source,
        **examples(library, about, "templates"),
        **common(library, CMSIS_PACK, about),
    }
    version = about.version.partition("+")[0]
    description = render(
        "cmsis-pack/pack.pdsc.j2",
        library,
        about,
        version=version,
        cores=CORES[library.family.name],
        weights_file="LICENSE-weights.txt" if "LICENSE-weights.txt" in inside else "README.md",
    )
    name = f"{about.vendor}.{library.name}"
    inside[f"{name}.pdsc"] = description
    pack = zipped((file, text.encode()) for file, text in sorted(inside.items()))
    return {f"{name}.{version}.pack": pack, f"{name}.pdsc": description}


CMSIS_PACK = Format("cmsis-pack", "a CMSIS-Pack", files, needs=("vendor", "url"))
