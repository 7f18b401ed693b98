"""Where a run stands, and what it has done so far: all that a resumed run must know, beside the weights."""

from dataclasses import asdict, dataclass, replace

from .settings import Settings

STAGES = ("frames", "ctc")


@dataclass(frozen=True)
class Progress:
    """The state of the schedule after a whole number of epochs.

    Only `advance` and `next_stage` make new ones.
    """

    stage: int = 0  # index into STAGES
    epoch: int = 0  # epochs done in this stage
    step: int = 0  # batches done in all
    halved: int = 0  # how often the learning rate was halved in this stage
    waited: int = 0  # epochs since the dev PER of this stage last fell, or since the rate was halved
    stage_best: float = float("inf")
    best: float = float("inf")
    best_epoch: str = ""

    def rate(self, settings: Settings) -> float:
        """Learning rate of the coming epoch."""
        return (settings.frame_rate, settings.ctc_rate)[self.stage] / 2**self.halved

    def most_epochs(self, settings: Settings) -> int:
        return (settings.frame_epochs, settings.ctc_epochs)[self.stage]

    def stage_over(self, settings: Settings) -> bool:
        """Whether this stage has used its epochs, or its dev PER has stopped falling at every rate."""
        return self.epoch >= self.most_epochs(settings) or self.halved > settings.halvings

    def advance(self, dev_per: float, steps: int, settings: Settings) -> "Progress":
        """The state after one more epoch that took `steps` batches and ended at `dev_per`."""
        better = dev_per < self.stage_best
        waited = 0 if better else self.waited + 1
        # Frame decisions flicker, so the first stage's PER falls late; it runs its epochs at one rate.
        halve = STAGES[self.stage] == "ctc" and waited >= settings.patience
        after = replace(
            self,
            epoch=self.epoch + 1,
            step=self.step + steps,
            halved=self.halved + halve,
            waited=0 if halve else waited,
            stage_best=min(dev_per, self.stage_best),
        )
        if dev_per < self.best:
            after = replace(after, best=dev_per, best_epoch=f"{STAGES[self.stage]} {self.epoch + 1}")
        return after

    def next_stage(self) -> "Progress":
        return replace(self, stage=self.stage + 1, epoch=0, halved=0, waited=0, stage_best=float("inf"))

    def as_dict(self) -> dict:
        """For JSON; `Progress(**that)` is the same state again."""
        return asdict(self)
