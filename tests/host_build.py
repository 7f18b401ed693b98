"""Builds the harness of many models on this machine; what is the same for all of them is compiled once."""

from pathlib import Path

from shrinkc.compile.host import SANITIZERS, harness_files, host_flags
from shrinkc.compile.image import compiled, write_sources
from shrinkc.compile.toolchain import compile_objects, run_tool
from shrinkc.emit import Sources


class HarnessBuilder:
    """As `compile_host_harness`, from the same files with the same flags. folder: for what is compiled once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[tuple[str, bool, tuple[str, ...]], tuple[dict[str, str], dict[str, str]]] = {}

    def build(self, sources: Sources, folder: Path, compiler: str, sanitize: bool) -> Path:
        """The executable of a model, in `folder`."""
        files = {**harness_files(sources.name), **sources.files}
        own = _of_the_model(files, sources.name)
        common = self._common({name: files[name] for name in files.keys() - own}, compiler, sanitize)
        write_sources(files, folder)
        flags = host_flags(sanitize=sanitize)
        objects = compile_objects(compiler, flags, compiled(own), folder)
        sanitizers = SANITIZERS if sanitize else ()
        output = f"{sources.name}_harness"
        result = run_tool([compiler, *sanitizers, *common, *objects, "-o", output], folder)
        assert result.code == 0, result.messages
        return folder / output

    def _common(self, files: dict[str, str], compiler: str, sanitize: bool) -> list[str]:
        """Objects of the runtime and of the harness's files that do not know the model."""
        family = tuple(sorted(files))
        known = self._made.get((compiler, sanitize, family))
        folder = self._folder / f"{compiler}{'_sanitized' * sanitize}{len(self._made)}"
        if known is None:
            write_sources(files, folder)
            names = compile_objects(compiler, host_flags(sanitize=sanitize), compiled(files), folder)
            known = files, {name: str(folder / name) for name in names}
            self._made[compiler, sanitize, family] = known
        assert known[0] == files, "a file that varies from model to model cannot be compiled once"
        return list(known[1].values())


def _of_the_model(files: dict[str, str], model: str) -> set[str]:
    """The files of one model: its own, and those that include one of them, however far down."""
    found = {name for name in files if name.startswith(model) or name == "image/model.h"}
    while True:
        headers = [f'"{name.rpartition("/")[2]}"' for name in found]
        more = {name for name, text in files.items() if any(header in text for header in headers)} - found
        if not more:
            return found
        found |= more
