"""TensorFlow's SavedModel folders."""

from pathlib import Path

from ..errors import InputError
from ..network import Network


def read(path: Path) -> Network:
    """A SavedModel folder. Raises InputError: its layers are not read; the model has to be saved as one file."""
    if not (path / "saved_model.pb").is_file():
        raise InputError(f"{path}: is a folder, not a model file; a SavedModel folder holds saved_model.pb")
    raise InputError(f"{path}: is a SavedModel; load it with Keras and save it with model.save('model.keras')")
