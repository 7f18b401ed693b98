"""What every vector of a network does on real input."""

from .ranges import Ranges, VectorRange, calibrate

__all__ = ["Ranges", "VectorRange", "calibrate"]
