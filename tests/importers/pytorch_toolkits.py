"""Networks of PyTorch-Kaldi and SpeechBrain at inference, in our own words, with their names in the state dict.

Neither toolkit installs lightly, so these stand for them: neural_networks.py of PyTorch-Kaldi, nnet/RNN.py of
SpeechBrain 1.0.3. Input is (time, batch, features).
"""

import torch
from torch import nn

ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "identity": lambda a: a}


class LayerNorm(nn.Module):
    """PyTorch-Kaldi's own, which each layer has whether it is used or not."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gamma, self.beta = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))


class Kaldi(nn.Module):
    """`gates` maps a gate's part in the equations to the names of its W and U."""

    gates: dict[str, tuple[str, str]]

    def __init__(self, inputs: int, units: list[int], activation, drop=0.0, both=True, norm=True, first=False):
        """activation, drop: one for all layers, or a list of one a layer."""
        super().__init__()
        count = len(units)
        self.acts = [
            ACTIVATIONS[name] for name in (activation if isinstance(activation, list) else [activation] * count)
        ]
        self.drops = drop if isinstance(drop, list) else [drop] * count
        self.both, self.norm, self.units = both, norm, units
        if first:
            self.bn0 = nn.BatchNorm1d(inputs, momentum=0.05)
        self.ln = nn.ModuleList(LayerNorm(width) for width in units)
        widths = [inputs] + [(2 if both else 1) * width for width in units]
        for w, u in self.gates.values():
            setattr(
                self, w, nn.ModuleList(nn.Linear(*pair, bias=not norm) for pair in zip(widths, units, strict=False))
            )
            setattr(self, u, nn.ModuleList(nn.Linear(width, width, bias=False) for width in units))
            setattr(self, f"bn_{w}", nn.ModuleList(nn.BatchNorm1d(width, momentum=0.05) for width in units))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if hasattr(self, "bn0"):
            x = self.bn0(x.flatten(0, 1)).view(x.shape)
        for number, width in enumerate(self.units):
            turned = [x, x.flip(0)] if self.both else [x]
            given = {gate: [self.of_x(w, number, side) for side in turned] for gate, (w, _) in self.gates.items()}
            outputs = []
            for side in range(len(turned)):
                state = (torch.zeros(x.shape[1], width), torch.zeros(x.shape[1], width))
                steps = []
                for t in range(len(x)):
                    state = self.step(number, {gate: given[gate][side][t] for gate in given}, *state)
                    steps.append(state[0])
                outputs.append(torch.stack(steps if side == 0 else steps[::-1]))
            x = torch.cat(outputs, 2)
        return x

    def of_x(self, w: str, number: int, x: torch.Tensor) -> torch.Tensor:
        product = getattr(self, w)[number](x)
        return getattr(self, f"bn_{w}")[number](product.flatten(0, 1)).view(product.shape) if self.norm else product

    def of_h(self, gate: str, number: int, h: torch.Tensor) -> torch.Tensor:
        return getattr(self, self.gates[gate][1])[number](h)

    def gate(self, gate: str, number: int, x: dict, h: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(x[gate] + self.of_h(gate, number, h))


class LiGRU(Kaldi):
    gates = {"n": ("wh", "uh"), "z": ("wz", "uz")}  # noqa: RUF012

    def step(self, number, x, h, c):
        z = self.gate("z", number, x, h)
        n = self.acts[number](x["n"] + self.of_h("n", number, h)) * (1 - self.drops[number])
        return z * h + (1 - z) * n, c


class MinimalGRU(Kaldi):
    gates = {"n": ("wh", "uh"), "z": ("wz", "uz")}  # noqa: RUF012

    def step(self, number, x, h, c):
        z = self.gate("z", number, x, h)
        n = self.acts[number](x["n"] + self.of_h("n", number, z * h)) * (1 - self.drops[number])
        return z * h + (1 - z) * n, c


class GRU(Kaldi):
    gates = {"n": ("wh", "uh"), "z": ("wz", "uz"), "r": ("wr", "ur")}  # noqa: RUF012

    def step(self, number, x, h, c):
        z, r = (self.gate(gate, number, x, h) for gate in "zr")
        n = self.acts[number](x["n"] + self.of_h("n", number, r * h)) * (1 - self.drops[number])
        return z * h + (1 - z) * n, c


class LSTM(Kaldi):
    gates = {"f": ("wfx", "ufh"), "i": ("wix", "uih"), "o": ("wox", "uoh"), "g": ("wcx", "uch")}  # noqa: RUF012

    def step(self, number, x, h, c):
        f, i, o = (self.gate(gate, number, x, h) for gate in "fio")
        c = i * self.acts[number](x["g"] + self.of_h("g", number, h)) * (1 - self.drops[number]) + f * c
        return o * self.acts[number](c), c


class RNN(Kaldi):
    gates = {"h": ("wh", "uh")}  # noqa: RUF012

    def step(self, number, x, h, c):
        return self.acts[number](x["h"] + self.of_h("h", number, h)) * (1 - self.drops[number]), c


class SpeechBrainLayer(nn.Module):
    """One LiGRU layer: candidate before update in w, u and norm."""

    def __init__(self, inputs: int, units: int) -> None:
        super().__init__()
        self.w, self.u = (nn.Linear(width, 2 * units, bias=False) for width in (inputs, units))
        self.norm = nn.BatchNorm1d(2 * units, momentum=0.05)
        self.register_buffer("h_init", torch.zeros(1, units))
        self.register_buffer("drop_masks", torch.ones(20, units) * 2)
        self.register_buffer("drop_mask_te", torch.ones(1))

    def run(self, x: torch.Tensor, act) -> torch.Tensor:
        given, h, steps = self.norm(self.w(x).flatten(0, 1)).view(len(x), x.shape[1], -1), self.h_init, []
        for t in range(len(x)):
            n, z = (given[t] + self.u(h)).chunk(2, -1)
            z = torch.sigmoid(z)
            h = z * h + (1 - z) * act(n)
            steps.append(h)
        return torch.stack(steps)


class SpeechBrainLiGRU(nn.Module):
    """Layers with one set of weights for both directions."""

    def __init__(self, inputs: int, units: int, layers: int, activation: str, both: bool) -> None:
        super().__init__()
        self.act, self.both = ACTIVATIONS[activation], both
        widths = [inputs] + [(2 if both else 1) * units] * (layers - 1)
        self.rnn = nn.ModuleList(SpeechBrainLayer(width, units) for width in widths)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.rnn:
            forward = layer.run(x, self.act)
            x = torch.cat([forward, layer.run(x.flip(0), self.act).flip(0)], 2) if self.both else forward
        return x
