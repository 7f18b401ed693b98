"""Recurrent layers for Keras 3 that Keras does not have: LiGRU and SRU.

Import this package before loading a model that has them, so that Keras knows their names.
Importing it imports Keras; nothing else in shrinkc does so at its start.
"""

from .ligru import LiGRU, LiGRUCell
from .sru import SRU, SRUCell

__all__ = ["SRU", "LiGRU", "LiGRUCell", "SRUCell"]
