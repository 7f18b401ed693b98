"""Where the data that travels with the package lies, in a checkout and in an installed wheel alike."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent.parent


def data_folder(name: str) -> Path:
    """The folder `firmware_templates` or `targets`.

    A wheel carries both under `shrinkc/_data`; an editable install reads them from the checkout.
    """
    bundled = _PACKAGE / "_data" / name
    return bundled if bundled.is_dir() else _CHECKOUT / name


def licence_text() -> str:
    """The licence of the code, the runtime in the generated C included: Apache 2.0."""
    bundled = _PACKAGE / "_data" / "LICENSE"
    return (bundled if bundled.is_file() else _CHECKOUT / "LICENSE").read_text(encoding="utf-8")


def zoo_folder() -> Path:
    """The folder of the bundled models, one sub-folder a model."""
    return _PACKAGE / "zoo"
