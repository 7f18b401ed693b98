"""The integer reference: what every build of the C must reproduce bit for bit."""

from .integer import Execution, run, sent_shares, shares_of

__all__ = ["Execution", "run", "sent_shares", "shares_of"]
