"""Data sets: the one file format, the features in it, the phone sets, and how corpora are split."""

from .dataset import Dataset, check_width, load, save

__all__ = ["Dataset", "check_width", "load", "save"]
