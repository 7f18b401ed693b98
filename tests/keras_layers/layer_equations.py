"""LiGRU and SRU by their equations in numpy, float64, one sequence and one step at a time."""

import numpy as np


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def clipped(a):
    return np.clip(a / 6 + 0.5, 0, 1)


FUNCTIONS = {
    "sigmoid": sigmoid,
    "hard_sigmoid": clipped,
    "tanh": np.tanh,
    "relu": lambda a: np.maximum(a, 0),
    "linear": lambda a: a,
}


def weights_of(cell):
    """The cell's weights by their names, float64."""
    return {weight.name: np.asarray(weight, np.float64) for weight in cell.weights}


def gates(array, count):
    """The parts of an array whose last axis has one stretch a gate."""
    return np.split(array, count, axis=-1)


def ligru(cell, features, state):
    """Outputs (time, units) and the last state: z = s(W_z x + U_z h + b), n = g(...), h' = z*h + (1-z)*n."""
    w = weights_of(cell)
    sigma = FUNCTIONS[cell.get_config()["recurrent_activation"]]
    g = FUNCTIONS[cell.get_config()["activation"]]
    outputs = []
    for x in features:
        products = w["kernel"].T @ x
        if "gamma" in w:
            deviation = np.sqrt(w["moving_variance"] + cell.epsilon)
            products = (products - w["moving_mean"]) / deviation * w["gamma"] + w["beta"]
        products = products + w.get("bias", 0)
        u_z, u_n = (part.T for part in gates(w["recurrent_kernel"], 2))
        p_z, p_n = gates(products, 2)
        z = sigma(p_z + u_z @ state)
        n = g(p_n + u_n @ state)
        state = z * state + (1 - z) * n
        outputs.append(state)
    return np.array(outputs), state


def sru(cell, features, state):
    """Outputs (time, units) and the last c; both gates read the old c."""
    w = weights_of(cell)
    g = FUNCTIONS[cell.get_config()["activation"]]
    units = cell.units
    v_f, v_r = gates(w.get("recurrent_kernel", np.zeros(2 * units)), 2)
    b_f, b_r = gates(w.get("bias", np.zeros(2 * units)), 2)
    count = w["kernel"].shape[1] // units
    outputs = []
    for x in features:
        entry = w["projection"].T @ x if "projection" in w else x
        u = gates(w["kernel"].T @ entry, count)
        f = sigmoid(u[1] + v_f * state + b_f)
        r = sigmoid(u[2] + v_r * state + b_r)
        state = f * state + (1 - f) * u[0]
        skip = u[3] if count == 4 else w["alpha"] * x if "alpha" in w else 0
        outputs.append(r * g(state) + (1 - r) * skip)
    return np.array(outputs), state


def masked(step, cell, features, state, mask):
    """The same over the frames of the mask alone: a masked frame repeats the output before it (zeros at first)."""
    real, last = step(cell, features[mask], state)
    rows = np.cumsum(mask) - 1
    outputs = np.zeros((len(features), cell.units))
    outputs[rows >= 0] = real[rows[rows >= 0]]
    return outputs, last
