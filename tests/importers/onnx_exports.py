"""Run in a process of its own: PyTorch models, exported to ONNX by both of PyTorch's exporters.

usage: onnx_exports.py FOLDER. Each model NAME gives NAME.onnx of the older exporter (TorchScript) and, for those in
NEWER, NAME.newer.onnx; NAME.npz holds features (utterances, frames, inputs) and PyTorch's own outputs.
"""

import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from torch import nn

INPUTS, UNITS, FRAMES = 5, 6, 100
FEW = 3
"""Frames that the newer exporter is shown: it fixes their number, and its time grows with it."""


class Recurrent(nn.Module):
    """One of PyTorch's recurrent layers, with a Linear head; last: "slice" or "state" for the last step alone."""

    def __init__(self, kind, last="", sum_both=False, **options):
        super().__init__()
        self.rnn = getattr(nn, kind)(INPUTS, UNITS, **options)
        self.last, self.sum_both = last, sum_both
        both = options.get("bidirectional", False) and not sum_both
        self.head = nn.Linear(UNITS * (2 if both else 1), 3)

    def forward(self, x):
        y, state = self.rnn(x)
        if self.last == "slice":
            y = y[:, -1] if self.rnn.batch_first else y[-1]
        if self.last == "state":
            state = state[0] if isinstance(state, tuple) else state
            y = torch.cat([state[-2], state[-1]], -1) if self.rnn.bidirectional else state[-1]
        if self.sum_both:
            forward, backward = y.chunk(2, -1)
            y = forward + backward
        return self.head(y)


class WithStates(nn.Module):
    """Zero states that the user makes."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(INPUTS, UNITS, 2, batch_first=True)

    def forward(self, x):
        zeros = torch.zeros(2, x.size(0), UNITS)
        return self.rnn(x, (zeros, zeros))[0]


class Viewed(nn.Module):
    """The directions pulled apart by a view, and summed."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(INPUTS, UNITS, bidirectional=True, batch_first=True)

    def forward(self, x):
        y = self.rnn(x)[0]
        return y.view(y.size(0), y.size(1), 2, UNITS).sum(2)


class Whole(nn.Module):
    """Normalisation, batch norm, dropout, several dense layers, softmax."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.randn(INPUTS))
        self.register_buffer("deviation", torch.rand(INPUTS) + 0.5)
        self.first, self.rnn = nn.Linear(INPUTS, 7), nn.GRU(7, UNITS, batch_first=True, dropout=0.3, num_layers=2)
        self.norm, self.second, self.head = nn.BatchNorm1d(UNITS), nn.Linear(UNITS, 4), nn.Linear(4, 3)
        self.norm.running_mean.normal_()
        self.norm.running_var.uniform_(0.3, 2)
        self.norm.weight.data.uniform_(0.5, 1.5)
        self.norm.bias.data.normal_()

    def forward(self, x):
        x = torch.relu(self.first((x - self.mean) / self.deviation))
        y = self.norm(self.rnn(x)[0].transpose(1, 2)).transpose(1, 2)
        y = nn.functional.hardsigmoid(self.second(nn.functional.dropout(y, training=self.training)))
        return torch.softmax(self.head(y), -1)


class Unbatched(nn.Module):
    """(frames, features) alone."""

    def __init__(self):
        super().__init__()
        self.rnn, self.head = nn.LSTM(INPUTS, UNITS), nn.Linear(UNITS, 3)

    def forward(self, x):
        return self.head(self.rnn(x)[0])


MODELS = {
    "lstm": lambda: Recurrent("LSTM", batch_first=True),
    "lstm_frames_first": lambda: Recurrent("LSTM", num_layers=2),
    "gru": lambda: Recurrent("GRU", num_layers=2, batch_first=True),
    "gru_no_bias": lambda: Recurrent("GRU", bias=False),
    "rnn": lambda: Recurrent("RNN", batch_first=True),
    "rnn_relu": lambda: Recurrent("RNN", num_layers=2, nonlinearity="relu", batch_first=True),
    "both": lambda: Recurrent("LSTM", num_layers=2, bidirectional=True, batch_first=True),
    "both_frames_first": lambda: Recurrent("GRU", num_layers=2, bidirectional=True),
    "both_summed": lambda: Recurrent("GRU", bidirectional=True, sum_both=True, batch_first=True),
    "viewed": Viewed,
    "last": lambda: Recurrent("LSTM", last="slice", batch_first=True),
    "last_state": lambda: Recurrent("GRU", last="state", num_layers=2, batch_first=True),
    "both_last_state": lambda: Recurrent("LSTM", last="state", bidirectional=True, batch_first=True),
    "states": WithStates,
    "whole": Whole,
    "unbatched": Unbatched,
}
NEWER = ("both_last_state", "whole")
REFUSED = {
    "both_last": lambda: Recurrent("LSTM", last="slice", bidirectional=True, batch_first=True),
    "unrolled": lambda: Recurrent("RNN", batch_first=True),
    "projection": lambda: Recurrent("LSTM", proj_size=UNITS - 2, batch_first=True),
}
ONLY_NEWER = ("projection", "unrolled")
"""Models of which the newer exporter alone gives what is refused."""


def export(model, x, path, newer):
    batch = 0 if getattr(getattr(model, "rnn", None), "batch_first", True) else 1
    if x.ndim == 2:
        options = {"dynamic_axes": {"x": {0: "frames"}}}
    elif not newer:
        options = {"dynamic_axes": {"x": {batch: "batch", 1 - batch: "frames"}}}
    else:
        options = {"dynamic_shapes": ({batch: torch.export.Dim("batch")},), "external_data": False, "verbose": False}
    torch.onnx.export(model, (x,), str(path), input_names=["x"], dynamo=newer, **options)


def main(folder):
    torch.manual_seed(3)
    torch.set_num_threads(1)
    for name, make in (MODELS | REFUSED).items():
        model = make().eval()
        if name == "projection":
            model.head = nn.Linear(UNITS - 2, 3)
        x = torch.randn(3, FRAMES, INPUTS) * 1.5
        if name == "unbatched":
            x = x[0]
        elif not getattr(getattr(model, "rnn", None), "batch_first", True):
            x = x.transpose(0, 1)
        if name not in ONLY_NEWER:
            export(model, x, folder / f"{name}.onnx", newer=False)
        if name in NEWER or name in ONLY_NEWER:
            export(model, x[:, :FEW], folder / f"{name}.newer.onnx", newer=True)
        with torch.no_grad():
            np.savez(folder / f"{name}.npz", features=x.numpy(), outputs=model(x).numpy())


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(Path(sys.argv[1]))
