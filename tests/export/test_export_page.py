"""docs/export.md: its example of two models, and its formats."""

import re
from pathlib import Path

from exported import STRICT, STRICT_CXX, case, pair_files, succeed, write

from networks import recognizer
from shrinkc.export import FORMATS
from tools import needs_gcc

PAGE = (Path(__file__).parents[2] / "docs/export.md").read_text(encoding="utf-8")


@needs_gcc
def test_the_example_of_two_models_compiles_in_c_and_in_cxx(tmp_path: Path) -> None:
    (text,) = re.findall(r"^```c\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    models = case(name="gru"), case(recognizer(outputs=4), name="lstm", family="portable")
    for one in models:
        write(pair_files(one), tmp_path)
    ends = "int main(void)\n{\n    start();\n    return 0;\n}\n"
    write({"two.c": text + ends, "two.cpp": text + ends}, tmp_path)
    succeed("gcc", *STRICT, "-c", "gru.c", "lstm.c", folder=tmp_path)
    succeed("gcc", *STRICT, "two.c", "gru.o", "lstm.o", "-o", "two", folder=tmp_path)
    succeed("g++", *STRICT_CXX, "two.cpp", "gru.o", "lstm.o", "-o", "two++", folder=tmp_path)
    succeed("./two", folder=tmp_path)
    succeed("./two++", folder=tmp_path)


def test_the_page_has_every_format_and_what_it_must_say() -> None:
    for name, form in FORMATS.items():
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| [`{name}`](#{name})"))
        assert f"\n## {name}\n" in PAGE
        assert set(re.findall(r"--(\w+)", row.split("|")[3])) == set(form.needs)
