"""The integers that shrinkc computes with: rounding, saturation, scales and function tables."""
