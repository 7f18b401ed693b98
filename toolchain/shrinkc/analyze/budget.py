"""What a plan that is to be found may cost."""

import math
from dataclasses import dataclass

from ..errors import LimitError
from ..network import FLOAT_BYTES

LEAST_BITS = 2
"""Of a weight, in the plans that are looked for."""


@dataclass(frozen=True)
class Budget:
    """What a plan may cost. compression: least per cent off the float parameters, of all that the model keeps in flash
    as constants. flash: most bytes of these and of code together, where `code` are the code's. increase: most points.
    """

    compression: float | None = None
    flash: int | None = None
    code: int = 0
    increase: float | None = None

    def bytes_for(self, parameters: int) -> int | None:
        """The most bytes of tables that both limits allow a model of so many parameters; None for any number."""
        limits = [] if self.flash is None else [self.flash - self.code]
        if self.compression is not None:
            limits.append(math.floor(FLOAT_BYTES * parameters * (1 - self.compression / 100)))
        return min(limits, default=None)

    def check(self, parameters: int, least: int) -> None:
        """Raise LimitError where not even tables of `least` bytes fit, those of a plan at the fewest bits."""
        limit = self.bytes_for(parameters)
        if limit is not None and limit < least:
            raise self.error(least, limit)

    def error(self, least: int, limit: int) -> LimitError:
        """Says that the tables take so many bytes at least."""
        beside = f" beside {self.code:,} of code" if self.code else ""
        return LimitError(
            f"--plan auto: even at {LEAST_BITS} bits the model's tables take {least:,} bytes, and the limit leaves "
            f"{max(limit, 0):,}{beside}: allow more, or take a smaller model"
        )
