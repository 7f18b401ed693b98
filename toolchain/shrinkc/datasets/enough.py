"""What is said of data sets that are too small to go by."""

FEW_UTTERANCES = 10


def few_to_calibrate(count: int) -> tuple[str, ...]:
    """A note where ranges come from so few utterances; none where there are enough."""
    if count >= FEW_UTTERANCES:
        return ()
    return (f"calibrated on {count} utterances only; ranges from fewer than {FEW_UTTERANCES} are not to be trusted",)


def few_to_try(count: int) -> tuple[str, ...]:
    """A note where plans are tried on so few utterances; none where there are enough."""
    if count >= FEW_UTTERANCES:
        return ()
    return (f"tried on {count} utterances only; what fewer than {FEW_UTTERANCES} say is not to be trusted",)
