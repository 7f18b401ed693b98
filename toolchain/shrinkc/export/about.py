"""What the manifests of an export say beside the model itself: one table of fields, which the options come from."""

import re
from dataclasses import dataclass

from ..errors import InputError
from ..zoo import PREFIX, WEIGHTS_LICENCE, weights_licence_text
from .library import Library

RUNTIME_LICENCE = "Apache-2.0"
_SEMVER = (
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?"
    r"(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?"
)
_AUTHOR = re.compile(r"(?P<name>[^<>,:;\"\\]+?) <(?P<email>[^<>@\s]+@[^<>@\s]+\.[^<>@\s]+)>")


@dataclass(frozen=True)
class Field:
    """One field: its option's name and metavar, the pattern of its value, an example, and what it is."""

    name: str
    metavar: str
    pattern: str
    example: str
    meaning: str

    def check(self, value: str) -> str:
        """The value itself. Raises InputError unless it has the pattern."""
        if re.fullmatch(self.pattern, value) is None:
            raise InputError(f"--{self.name} {value!r}: give it as in --{self.name} {self.example}")
        return value


DEFAULT_VERSION = "0.1.0"
FIELDS = (
    Field("version", "V", _SEMVER, "1.2.0", f"Version of the export.  [default: {DEFAULT_VERSION}]"),
    Field(
        "license",
        "SPDX",
        r"[A-Za-z0-9.+() -]*[A-Za-z0-9.+)]",
        "MIT",
        f"Licence of the weights; the runtime's is {RUNTIME_LICENCE}.",
    ),
    Field("author", "'NAME <EMAIL>'", _AUTHOR.pattern, "'Ada Lovelace <ada@example.org>'", "Author and maintainer."),
    Field("url", "URL", r"https?://[^\s\"<>]+", "https://example.org/speech", "Page of the project."),
    Field("vendor", "VENDOR", r"[A-Za-z0-9][A-Za-z0-9_-]*", "Example", "Vendor of the pack."),
)
"""Fields that an export can say; each format names those that it takes."""
ALWAYS = ("version", "license")
"""Fields that every format takes."""


@dataclass(frozen=True)
class About:
    """What its giver says of an export.

    license: of the weights, None where nobody said; license_text: its words, where they are known. author, email, url,
    vendor: empty where they were not given.
    """

    version: str
    license: str | None
    license_text: str | None
    author: str = ""
    email: str = ""
    url: str = ""
    vendor: str = ""

    def expression(self, name: str) -> str:
        """The licences of runtime and weights of model `name`, as SPDX writes them."""
        weights = self.license or f"LicenseRef-{name.replace('_', '-')}-weights"
        if weights == RUNTIME_LICENCE:
            return weights
        return f"{RUNTIME_LICENCE} AND {f'({weights})' if ' OR ' in weights else weights}"

    @property
    def weights(self) -> str:
        """The licence of the weights in words."""
        return self.license or "not stated"


def about(library: Library, given: dict[str, str], license_text: str | None) -> About:
    """The fields `given` (name: value), checked; weights of the zoo bring their own licence.

    Raises InputError for a value that is not of its field's form.
    """
    values = {field.name: field.check(given[field.name]) for field in FIELDS if field.name in given}
    author = _AUTHOR.fullmatch(values.pop("author", ""))
    if author is not None:
        values |= author.groupdict() | {"author": author["name"]}
        del values["name"]
    zoo = library.model.startswith(PREFIX) and "license" not in values
    return About(
        version=values.pop("version", DEFAULT_VERSION),
        license=WEIGHTS_LICENCE if zoo else values.pop("license", None),
        license_text=weights_licence_text() if zoo and license_text is None else license_text,
        **values,
    )
