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
    waited: int = 0  # epochs of this stage since the best dev PER
    best: float = float("inf")  # dev PER of the kept model
    best_epoch: str = ""

    def rate(self, settings: Settings) -> float:
        """Learning rate of the coming epoch."""
        if STAGES[self.stage] == "frames":
            return settings.frame_rate
        left = (settings.ctc_epochs - self.epoch) / (settings.ctc_epochs * (1 - settings.hold))
        return settings.ctc_rate * min(1.0, left)

    def stage_over(self, settings: Settings) -> bool:
        """Whether this stage has used its epochs, or its dev PER has stopped falling.

        Decisions on single frames flicker, so the first stage's PER says little: it runs all its epochs.
        """
        if STAGES[self.stage] == "frames":
            return self.epoch >= settings.frame_epochs
        return self.epoch >= settings.ctc_epochs or self.waited >= settings.patience

    def advance(self, dev_per: float, steps: int) -> "Progress":
        """The state after one more epoch that took `steps` batches and ended at `dev_per`."""
        better = dev_per < self.best
        return replace(
            self,
            epoch=self.epoch + 1,
            step=self.step + steps,
            waited=0 if better else self.waited + 1,
            best=dev_per if better else self.best,
            best_epoch=f"{STAGES[self.stage]} {self.epoch + 1}" if better else self.best_epoch,
        )

    def next_stage(self) -> "Progress":
        """The start of the stage after this one."""
        return replace(self, stage=self.stage + 1, epoch=0, waited=0)

    def as_dict(self) -> dict:
        """For JSON; `from_dict` makes the same state of it again."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> "Progress":
        """What `as_dict` gave. Raises ValueError or TypeError for anything else."""
        progress, wanted = cls(**values), asdict(cls())
        if values.keys() != wanted.keys():
            raise ValueError(f"its progress lacks {', '.join(sorted(wanted.keys() - values.keys()))}")
        for name, default in wanted.items():
            value = getattr(progress, name)
            if type(value) is not type(default) or (type(value) is int and value < 0):
                raise ValueError(f"its progress has {name} = {str(value)[:40]!r}")
        if progress.stage >= len(STAGES) or progress.best != progress.best:
            raise ValueError(f"its progress has stage = {progress.stage}, best = {progress.best}")
        return progress
