"""What walking down a Keras model's layers gathers."""

from pathlib import Path

from ..assembly import Assembly
from .saved import SavedLayer


class Chain(Assembly):
    """An assembly of Keras' layers.

    axes: how many axes the data has here, the batch included: 3 with time, 2 once a layer gives its last step only.
    started: whether a layer that computes something was read.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.axes = 3
        self.started = False

    def require_time(self, saved: SavedLayer) -> None:
        """Refuse a layer that needs frames where one vector comes."""
        if self.axes < 3:
            raise saved.refuse(
                "reads frames, what stands before it gives one vector; use return_sequences = True there"
            )
