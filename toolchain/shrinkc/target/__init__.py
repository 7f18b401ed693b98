"""Targets: the cores and boards under `targets/`, checked against one table of fields."""

from .board import Board, Region, Uart
from .load import (
    BOARD_FILE,
    Core,
    Costs,
    Target,
    is_board_file,
    list_targets,
    load_board,
    load_built,
    load_own,
    load_target,
)

__all__ = [
    "BOARD_FILE",
    "Board",
    "Core",
    "Costs",
    "Region",
    "Target",
    "Uart",
    "is_board_file",
    "list_targets",
    "load_board",
    "load_built",
    "load_own",
    "load_target",
]
