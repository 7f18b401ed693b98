"""State dicts made with numpy, and their descriptions: what refusals start from."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from shrinkc.errors import InputError
from shrinkc.importers import load

State = dict[str, np.ndarray]
RNN = '[[layer]]\nkind = "gru"\nprefix = "rnn"\n'


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(0, 0.3, shape).astype(np.float32)


def recurrent(gates: int = 3, units: int = 4, inputs: int = 3, prefix: str = "rnn.", ending: str = "l0") -> State:
    rows = gates * units
    shapes = {"weight_ih": (rows, inputs), "weight_hh": (rows, units), "bias_ih": (rows,), "bias_hh": (rows,)}
    return {f"{prefix}{name}_{ending}": numbers(*shape) for name, shape in shapes.items()}


def both() -> State:
    return recurrent() | recurrent(ending="l0_reverse")


def linear(rows: int, columns: int, prefix: str = "head.") -> State:
    return {f"{prefix}weight": numbers(rows, columns), f"{prefix}bias": numbers(rows)}


def norm(width: int, prefix: str = "norm.") -> State:
    parts = {"running_mean": numbers(width), "running_var": 1 + numbers(width) ** 2}
    return {f"{prefix}{name}": array for name, array in parts.items()}


def sru(inputs: int = 8, outputs: int = 8, count: int = 3) -> State:
    shapes = {"weight": (inputs, outputs * count), "weight_c": (2 * outputs,), "bias": (2 * outputs,), "scale_x": (1,)}
    return {f"s.rnn_lst.0.{name}": numbers(*shape) for name, shape in shapes.items()}


def kaldi(bias: bool = False, trained: bool = True) -> State:
    state: State = {"n.ln.0.gamma": np.ones(4, np.float32), "n.ln.0.beta": np.zeros(4, np.float32)}
    for gate in "hz":
        state |= {f"n.w{gate}.0.weight": numbers(4, 3), f"n.u{gate}.0.weight": numbers(4, 4)}
        state |= {f"n.w{gate}.0.bias": numbers(4)} if bias else {}
        idle = {"running_mean": np.zeros(4, np.float32), "running_var": np.ones(4, np.float32)}
        state |= {f"n.bn_w{gate}.0.{name}": value for name, value in idle.items()}
        state |= norm(4, f"n.bn_w{gate}.0.") if trained else {}
    return state


def speechbrain() -> State:
    return {"l.rnn.0.w.weight": numbers(8, 3), "l.rnn.0.u.weight": numbers(8, 4)} | norm(8, "l.rnn.0.norm.")


SRU = '[[layer]]\nkind = "sru"\nprefix = "s"\nactivation = "identity"\n'
KALDI = '[[layer]]\nkind = "kaldi_ligru"\nprefix = "n"\nbidirectional = false\ncandidate_scale = 0.8\n'
SPEECHBRAIN = '[[layer]]\nkind = "speechbrain_ligru"\nprefix = "l"\nbidirectional = true\nactivation = "relu"\n'


def head(keys: str = "", prefix: str = "head") -> str:
    return f'[[layer]]\nkind = "linear"\nprefix = "{prefix}"\n{keys}\n'


def normed(prefix: str = "norm", keys: str = "") -> str:
    return f'[[layer]]\nkind = "batch_norm"\nprefix = "{prefix}"\n{keys}\n'


def write(folder: Path, state: State, text: str) -> Path:
    path = folder / "model.safetensors"
    save_file(state, path)
    path.with_suffix(".toml").write_text(text)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        load(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)
