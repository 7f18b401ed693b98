"""Sources and a target in, a test image out, with what a product would link measured beside it."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..c_names import name_problem
from ..errors import BuildError, InputError
from ..files import system_errors
from ..resources import data_folder
from ..target import Target
from ..target.setups import SETUPS
from .about import SelfTest, about_file
from .cache import ObjectCache
from .elf import Elf
from .flags import target_flags
from .interface import Interface
from .link import link, linker_script
from .processes import scratch_folder
from .sizes import Sizes, measure
from .stack import check_stack
from .start import refuse_start
from .templates import render
from .toolchain import ARM_COMPILER, compile_objects

_HARNESS = (
    *("console.c", "counter.c", "counter.S", "crc32.c", "fault.c", "harness.c", "link.c", "semihost.c", "service.c"),
    *("startup.c", "stream.c"),
)


@dataclass(frozen=True)
class Image:
    """A test image: the ELF file, the model behind it, and its sizes in bytes (None when it was loaded from a file).

    `digest` is the SHA-256 of the ELF file, 64 hexadecimal digits.
    """

    name: str
    target: Target
    elf: bytes
    interface: Interface
    sizes: Sizes | None
    digest: str


def _image(name: str, target: Target, elf: bytes, sizes: Sizes | None) -> Image:
    interface = Interface.parse(Elf(elf).content("harness_header"))
    return Image(name, target, elf, interface, sizes, hashlib.sha256(elf).hexdigest())


def load_image(path: Path, name: str, target: Target) -> Image:
    """The image that an earlier build left in the file `path`. Its sizes are not known any more: None.

    Raises InputError when the file is missing or is no test image, BuildError when the system cannot read it.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; run shrinkc build")
    with system_errors(f"cannot read {path}"):
        elf = path.read_bytes()
    try:
        return _image(name, target, elf, None)
    except BuildError as error:
        raise InputError(f"{path}: {error}") from error


def check_name(name: str) -> None:
    """Raise InputError unless `name` can stand in C identifiers and file names."""
    problem = name_problem(name)
    if problem:
        raise InputError(f"model name {name!r} {problem}")


def harness_text(name: str, names: Iterable[str], folder: Path) -> dict[str, str]:
    """The harness's files `names` of `folder` with its headers, put under `image/`: {file name: text}.

    Headers that belong to the start-up code of some boards are there where `names` has them.
    """
    apart = {file for setup in SETUPS.values() for file in setup.files}
    headers = sorted(path.name for path in folder.glob("*.h") if path.name not in apart)
    chosen = [*names, *headers]
    files = {f"image/{file}": (folder / file).read_text(encoding="utf-8") for file in chosen}
    files["image/model.h"] = render("image", "model.h.j2", name=name)
    return files


def harness_files(name: str, target: Target, test: SelfTest | None = None) -> dict[str, str]:
    """The image's own files for a model and a target, under `image/`: {file name: text}."""
    uart = target.board.uart.driver if target.board.uart else "none"
    setup = target.board.setup
    names = [*_HARNESS, f"board_{setup}.c", *SETUPS[setup].files, f"uart_{uart}.c"]
    files = harness_text(name, names, data_folder("firmware_templates") / "image")
    return {**files, "image/about.c": about_file(name, target, test)}


def board_flags(target: Target) -> tuple[str, ...]:
    """What the image's own files are told of the board, besides the target's flags: board.h and uart.h name it."""
    board, uart = target.board, target.board.uart
    told = {
        "CLOCK_HZ": board.clock_hz,
        "CRYSTAL_HZ": board.crystal_hz,
        "CLOCK_INPUT_HZ": board.clock_input_hz,
    }
    if uart is not None:
        told |= {"UART_BASE": uart.base, "UART_CLOCK_HZ": uart.clock_hz, "UART_BAUD": uart.baud}
        pins = {"UART_TX": uart.tx, "UART_RX": uart.rx, "UART_ALTERNATE": uart.alternate}
        told |= {key: value for key, value in pins.items() if value is not None}
    return tuple(
        f"-DBOARD_{key}={value:#010x}u" if key == "UART_BASE" else f"-DBOARD_{key}={value}u"
        for key, value in told.items()
    )


def compiled(names: Iterable[str]) -> list[str]:
    """The files among `names` that the compiler takes, in a fixed order."""
    return sorted(name for name in names if name.endswith((".c", ".S")))


def write_sources(files: Mapping[str, str], folder: Path) -> None:
    """Write {file name: text} into `folder`. Raises BuildError when the system cannot."""
    with system_errors(f"cannot write sources to {folder}"):
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def compile_image(
    sources: Mapping[str, str],
    name: str,
    target: Target,
    *,
    test: SelfTest | None = None,
    debug: bool = False,
    cache: ObjectCache | None = None,
) -> Image:
    """Compile a model's C files for a target, with the harness, in a temporary folder.

    The same sources, target and compiler give the same bytes. test: what the image tests itself with at boot. debug:
    the model's own file brings what a debugger wants to know; its instructions stay as they are. cache: objects of
    earlier compilations.
    Raises InputError for a name that is no C identifier, and BuildError for a missing compiler, C that does not
    compile without warnings, a stack that does not fit, and a model that does not fit a region (with figures).
    """
    check_name(name)
    harness = harness_files(name, target, test)
    with scratch_folder() as folder:
        write_sources({**harness, **sources}, folder)
        flags = [*target_flags(target), f"-ffile-prefix-map={folder}=.", "-fcallgraph-info=su"]
        own = [f"{name}.c"] if debug else []
        plain = [file for file in compiled(sources) if file not in own]
        compile_objects(ARM_COMPILER, [*flags, "-g"], own, folder, cache)
        compile_objects(ARM_COMPILER, flags, plain, folder, cache)
        compile_objects(ARM_COMPILER, [*flags, *board_flags(target)], compiled(harness), folder, cache)
        library = [f"{file}.o" for file in compiled(sources)]
        others = [f"{file}.o" for file in compiled(harness)]
        script = linker_script(target, name, entry="Reset_Handler", stack=target.board.stack)
        elf = link([*others, *library], script, name, target, folder, elf="image.elf")
        refuse_start(Elf(elf), target.board)
        sizes = measure(Elf(elf), library, name, target, folder)
    check_stack(sizes.stack, name, target)
    return _image(name, target, elf, sizes)
