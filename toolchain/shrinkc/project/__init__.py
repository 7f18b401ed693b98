"""A project: what `shrinkc.toml` and the command line's options say about one build."""

from .settings import Data, Delta, GroupPlan, Metric, PathPlan, Plan, Settings, Source

__all__ = ["Data", "Delta", "GroupPlan", "Metric", "PathPlan", "Plan", "Settings", "Source"]
