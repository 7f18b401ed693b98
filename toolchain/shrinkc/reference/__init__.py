"""The integer reference: what every build of the C must reproduce bit for bit."""

from .integer import Execution, run, sent_shares, shares_of, stream
from .moments import measurer

__all__ = ["Execution", "measurer", "run", "sent_shares", "shares_of", "stream"]
