"""What a signal to end does."""


def leave(number: int, frame: object) -> None:
    """Leave by way of every `finally`, so that temporary files and emulators go too."""
    raise SystemExit(128 + number)
