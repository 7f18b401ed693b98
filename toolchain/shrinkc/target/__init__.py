"""Targets: the cores and boards under `targets/`, checked against one table of fields."""

from .load import Board, Core, Costs, Region, Target, Uart, list_targets, load_target

__all__ = ["Board", "Core", "Costs", "Region", "Target", "Uart", "list_targets", "load_target"]
