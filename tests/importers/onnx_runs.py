"""Runs ONNX models in onnxruntime, and imported networks in the float reference."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from shrinkc.importers import load
from shrinkc.network import Network, floating

onnxruntime.set_default_logger_severity(4)


def run_onnx(model: onnx.ModelProto, features: np.ndarray) -> np.ndarray:
    """What onnxruntime makes of the features."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": features})[0]


def saved(folder: Path, model: onnx.ModelProto) -> Path:
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def imported(folder: Path, model: onnx.ModelProto) -> Network:
    return load(saved(folder, model))


def features_of(*shape: int) -> np.ndarray:
    return np.random.default_rng(11).normal(0, 1.5, shape).astype(np.float32)


def run_network(network: Network, utterances: np.ndarray) -> np.ndarray:
    """(utterances, frames, inputs) to (utterances, frames or 1, outputs), with the softmax that was left off."""
    outputs = np.stack(floating.run(network, list(utterances)))
    if any("softmax" in note for note in network.notes):
        raised = np.exp(outputs - outputs.max(-1, keepdims=True))
        outputs = raised / raised.sum(-1, keepdims=True)
        return np.log(outputs) if any("log-softmax" in note for note in network.notes) else outputs
    return outputs


def assert_close(found: np.ndarray, expected: np.ndarray) -> None:
    assert found.shape == expected.shape
    assert np.abs(found).max() > 0.01
    assert (np.abs(found - expected) <= 1e-5 * np.maximum(1, np.abs(expected))).all()
