"""Targets: the cores and boards under `targets/`, checked against one table of fields."""

from .board import Board, Region, Uart
from .load import Core, Costs, Target, list_targets, load_target

__all__ = ["Board", "Core", "Costs", "Region", "Target", "Uart", "list_targets", "load_target"]
