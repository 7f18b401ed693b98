"""Runs a model file in the framework that made it, so that the import can be held against it.

Nothing here is needed to build; each framework is imported only where a file of its kind is run.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import numpy as np

from ..errors import InputError
from . import format_of, function

TFLITE_RUNTIMES = (("ai_edge_litert.interpreter", "ai-edge-litert"), ("tflite_runtime.interpreter", "tflite-runtime"))
"""The packages that run a `.tflite` file: the module, and its name on PyPI."""

_CANNOT = (ValueError, TypeError, KeyError, AttributeError, ImportError, OSError, RuntimeError, NotImplementedError)
"""What frameworks raise on a model that they cannot load or run, beside exceptions of their own."""

_OWN_MODEL = "hold `shrinkc build`'s float reference against your own model"


@dataclass(frozen=True)
class Way:
    """One way to call a model. frames: how many it takes a call, None for any number.

    run: one utterance (frames, inputs) to (steps, outputs); of `frames` frames, where that is given.
    """

    frames: int | None
    run: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Framework:
    """A loaded model. name: framework and version. ways: more than one where the file does not say which axis of its
    input is that of the frames.
    """

    name: str
    ways: tuple[Way, ...]


def open_framework(path: Path, inputs: int) -> Framework:
    """The model at `path`, loaded by its framework, for frames of `inputs` values.

    Raises InputError where the framework is not installed, names itself nowhere in the file, or cannot load the file.
    """
    opener = format_of(path).opener
    if not opener:
        raise InputError(
            f"{path}: a {path.suffix} file holds weights and not what made them, so nothing can run it; {_OWN_MODEL}"
        )
    with refusing(path, "its framework cannot load"):
        return function(opener)(path, inputs)


@contextmanager
def refusing(path: Path, what: str) -> Iterator[None]:
    """Raises what a framework raises inside as an InputError in one line; `what` says who cannot do what."""
    try:
        yield
    except _cannot() as error:
        reason = " ".join(str(error).split())[:300]
        raise InputError(f"{path}: {what} it ({type(error).__name__}: {reason}); {_OWN_MODEL}") from error


def _cannot() -> tuple[type[Exception], ...]:
    """With the exceptions of those frameworks that are loaded by now: they derive theirs from Exception itself."""
    runtime = sys.modules.get("onnxruntime.capi.onnxruntime_pybind11_state")
    kinds = vars(runtime).values() if runtime else ()
    own = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Exception)]
    errors = sys.modules.get("tensorflow.python.framework.errors_impl")
    return (*_CANNOT, *own, *([errors.OpError] if errors else []))


def _needed(path: Path, module: str, package: str) -> ModuleType:
    try:
        return import_module(module)
    except ImportError as error:
        raise InputError(f"{path}: running it needs {module.split('.')[0]}; pip install {package}") from error


def _rows(values: object) -> np.ndarray:
    """What a framework gave as (steps, outputs)."""
    array = np.asarray(values, np.float32)
    return array.reshape(-1, array.shape[-1] if array.ndim else 1)


def open_tflite(path: Path, inputs: int) -> Framework:
    """A `.tflite` file in the runtime of TensorFlow Lite that is installed."""
    for module, package in TFLITE_RUNTIMES:
        try:
            interpreter = import_module(module).Interpreter(model_path=str(path))
        except ImportError:
            continue
        return _tflite(interpreter, f"{package} {version(package)}")
    raise InputError(f"{path}: running it needs a runtime of TensorFlow Lite; pip install 'shrinkc[tflite]'")


def _tflite(interpreter: object, name: str) -> Framework:
    given, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    # The batch is 1; a free size that stands beside another is the batch's, as the importer takes it.
    shape = [int(size) for size in given["shape_signature"]]
    free = [axis for axis, size in enumerate(shape[:-1]) if size == -1]
    many = [axis for axis, size in enumerate(shape[:-1]) if size != 1]
    if len(many) > 1 and free:
        shape[many.pop(0)] = 1
    time = many[0] if many else None
    fixed = 1 if time is None else None if shape[time] == -1 else shape[time]

    def run(utterance: np.ndarray) -> np.ndarray:
        size = [len(utterance) if axis == time else extent for axis, extent in enumerate(shape)]
        interpreter.resize_tensor_input(given["index"], size)
        interpreter.allocate_tensors()
        interpreter.reset_all_variables()
        found = []
        for call in utterance.reshape(-1, *size):
            interpreter.set_tensor(given["index"], call)
            interpreter.invoke()
            found.append(_rows(interpreter.get_tensor(result["index"])))
        return np.concatenate(found)

    # One frame a call means a state from call to call: an utterance is as many calls as it has frames.
    return Framework(name, (Way(None if fixed == 1 else fixed, run),))


def open_onnx(path: Path, inputs: int) -> Framework:
    """An `.onnx` file in onnxruntime."""
    runtime = _needed(path, "onnxruntime", "onnxruntime")
    runtime.set_default_logger_severity(3)
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    given = session.get_inputs()
    if len(given) != 1:
        raise InputError(f"{path}: has {len(given)} inputs; a model of one input can be run here")
    shape = [size if isinstance(size, int) else -1 for size in given[0].shape]
    features = max((axis for axis, size in enumerate(shape) if size == inputs), default=len(shape) - 1)
    times = [axis for axis, size in enumerate(shape) if axis != features and size != 1]
    output = session.get_outputs()[0].name

    def way(time: int) -> Way:
        def run(utterance: np.ndarray) -> np.ndarray:
            size = [1] * len(shape)
            size[time], size[features] = len(utterance), inputs
            block = utterance if time < features else utterance.T
            return _rows(session.run([output], {given[0].name: np.ascontiguousarray(block).reshape(size)})[0])

        return Way(None if shape[time] == -1 else shape[time], run)

    return Framework(f"onnxruntime {runtime.__version__}", tuple(way(time) for time in times or [0]))


def open_keras(path: Path, inputs: int) -> Framework:
    """A `.keras` or `.h5` file in Keras 3, or in tf_keras where that cannot read it."""
    _quieten()
    keras = _needed(path, "keras", "'shrinkc[tensorflow]'")
    import_module("shrinkc.keras")  # its layers are known to Keras from then on
    try:
        model, name = keras.saving.load_model(str(path), compile=False), f"keras {keras.__version__}"
    except _cannot():
        # Keras 3 reads few files of Keras 2; tf_keras is Keras 2 beside it.
        old = _needed(path, "tf_keras", "tf_keras (Keras 3 cannot load this file)")
        model, name = old.models.load_model(str(path), compile=False), f"tf_keras {old.__version__}"
    return _keras(path, model, name)


def open_saved_model(path: Path, inputs: int) -> Framework:
    """The folder of a SavedModel, which Keras 2 wrote; Keras 3 loads none."""
    _quieten()
    keras = _needed(path, "tf_keras", "tf_keras")
    return _keras(path, keras.models.load_model(str(path), compile=False), f"tf_keras {keras.__version__}")


def _quieten() -> None:
    """TensorFlow's log of its start, and its search for GPUs."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")


def _keras(path: Path, model: object, name: str) -> Framework:
    shape = model.input_shape
    if len(shape) != 3:
        raise InputError(
            f"{path}: its input has {len(shape)} axes; a model of (batch, frames, features) can be run here"
        )

    def run(utterance: np.ndarray) -> np.ndarray:
        batch = np.repeat(utterance[None], shape[0] or 1, axis=0)
        return _rows(np.asarray(model(batch, training=False))[0])

    return Framework(name, (Way(shape[1], run),))
