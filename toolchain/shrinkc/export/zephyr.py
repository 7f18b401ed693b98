"""A Zephyr module: module.yml, CMakeLists.txt, Kconfig, and samples in C and in C++."""

from .about import About
from .format import Format
from .library import Library
from .render import example, pair, render

_PRINT = {"system": "#include <stdint.h>\n\n#include <zephyr/sys/printk.h>", "print": "printk"}
_SAMPLE = ("CMakeLists.txt", "prj.conf", "sample.yaml")


def files(library: Library, about: About) -> dict[str, bytes | str]:
    """The module's folder."""
    both = pair(library, about)
    samples = {}
    for kind in ("c", "cpp"):
        folder = f"samples/stream-{kind}"
        samples[f"{folder}/src/main.{kind}"] = example(f"stream.{kind}.j2", library, about, **_PRINT)
        for file in _SAMPLE:
            samples[f"{folder}/{file}"] = render(f"zephyr/sample/{file}.j2", library, about, kind=kind)
    return {
        "zephyr/module.yml": render("zephyr/module.yml.j2", library, about),
        "CMakeLists.txt": render("zephyr/CMakeLists.txt.j2", library, about),
        "Kconfig": render("zephyr/Kconfig.j2", library, about),
        f"include/{library.name}.h": both.header,
        f"src/{library.name}.c": both.source,
        **samples,
    }


ZEPHYR = Format("zephyr", "a Zephyr module", files)
