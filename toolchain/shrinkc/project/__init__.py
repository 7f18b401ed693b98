"""A project: what `shrinkc.toml` and the command line's options say about one build."""

from .resolve import Options, load_project, resolve, with_options
from .settings import Data, Delta, GroupPlan, Limits, Metric, PathPlan, Plan, Rule, Settings, Source

__all__ = [
    "Data",
    "Delta",
    "GroupPlan",
    "Limits",
    "Metric",
    "Options",
    "PathPlan",
    "Plan",
    "Rule",
    "Settings",
    "Source",
    "load_project",
    "resolve",
    "with_options",
]
