"""What the PyTorch importer refuses, each by its words."""

from pathlib import Path

import numpy as np
import pytest
from pytorch_states import (
    KALDI,
    RNN,
    SPEECHBRAIN,
    SRU,
    State,
    both,
    head,
    kaldi,
    linear,
    norm,
    normed,
    numbers,
    recurrent,
    refusal,
    speechbrain,
    sru,
    write,
)

from shrinkc.importers import load

REFUSALS: dict[str, tuple[State, str, str]] = {
    "left_over": (recurrent() | linear(2, 4), RNN, "no layer uses 'head.bias', 'head.weight'; describe the layer"),
    "deeper_left_over": (
        recurrent() | recurrent(inputs=4, ending="l2"),
        RNN,
        "no layer uses 'rnn.bias_hh_l2', 'rnn.bias_ih_l2'",
    ),
    "unused_is_used": (recurrent(), f'unused = ["rnn.*"]\n{RNN}', "unused 'rnn.*' of the TOML names 'rnn.bias_hh_l0'"),
    "unused_is_nothing": (recurrent(), f'unused = ["aux.*"]\n{RNN}', "unused 'aux.*' of the TOML names no tensor"),
    "prefix": (
        recurrent(prefix="enc.rnn."),
        RNN,
        "has no tensor 'rnn.weight_ih_l0'; there are 'enc.rnn.weight_ih_l0': check the layer's kind and prefix",
    ),
    "no_such_module": (recurrent(), head(), "has no tensor 'head.weight'; the file holds 'rnn.bias_hh_l0'"),
    "lstm_is_gru": (recurrent(), RNN.replace("gru", "lstm"), 'is 12 x 4, as in a gru; write kind = "gru"'),
    "odd_rows": (
        recurrent() | {"rnn.weight_hh_l0": numbers(13, 4)},
        RNN,
        "'rnn.weight_hh_l0' is 13 x 4; its rows must be 3 for each unit",
    ),
    "shape": (
        recurrent() | {"rnn.bias_hh_l0": numbers(9)},
        RNN,
        "tensor 'rnn.bias_hh_l0' has the shape 9, this layer needs 12; check the layer's kind, prefix and options",
    ),
    "half": (
        recurrent() | {"rnn.bias_hh_l0": numbers(12).astype(np.float16)},
        RNN,
        "tensor 'rnn.bias_hh_l0' is F16, only float32 is read; save the state dict of model.float()",
    ),
    "double": (recurrent() | {"rnn.bias_hh_l0": numbers(12).astype(float)}, RNN, "is F64, only float32 is read"),
    "nan": (
        recurrent() | {"rnn.bias_hh_l0": np.full(12, np.nan, np.float32)},
        RNN,
        "tensor 'rnn.bias_hh_l0' holds NaN or infinite numbers; train the model again",
    ),
    "empty": (
        recurrent() | {"rnn.weight_ih_l0": np.zeros((12, 0), np.float32)},
        RNN,
        "tensor 'rnn.weight_ih_l0' is empty",
    ),
    "half_bidirectional": (
        both() | recurrent(inputs=8, ending="l1"),
        RNN,
        "layer 'rnn' (gru): has two directions in some of its layers only",
    ),
    "last_of_both": (both(), RNN + 'last = "output"\n', "takes the backward direction after one frame only"),
    "sum_of_one": (recurrent(), RNN + 'merge = "sum"\n', "needs two directions, it has one; leave merge out"),
    "widths": (recurrent() | linear(2, 5), RNN + head(), "layer 'head' reads 5 values"),
    "norm_width": (recurrent() | norm(5), RNN + normed(), "'norm.running_mean' has the shape 5, this layer needs 4"),
    "norm_at_the_end": (recurrent() | norm(4), RNN + normed(), "stands at the end; put a Dense layer behind it"),
    "norm_variance": (
        recurrent() | norm(4) | {"norm.running_var": -np.ones(4, np.float32)},
        RNN + normed(),
        "'norm.running_var' holds a variance below 0",
    ),
    "late_activation": (
        recurrent() | norm(4),
        RNN + normed(keys='activation = "relu"'),
        "relu needs a linear layer without activation right before it",
    ),
    "after_softmax": (
        linear(4, 3) | linear(2, 4, "b."),
        head('activation = "softmax"') + head(prefix="b"),
        "layer 'b' (linear): stands after the softmax of 'head', which must be the end of the model; remove it",
    ),
    "norm_before_sru": (
        norm(8) | sru(),
        normed() + SRU + "bidirectional = false\nskip = true\n",
        "stands before s, which reads its input also outside of products",
    ),
    "sru_layer_norm": (
        sru() | {"s.rnn_lst.0.layer_norm.weight": numbers(8)},
        SRU + "bidirectional = false\nskip = true\n",
        "layer 's' (sru): layer_norm is not supported; train without it",
    ),
    "sru_custom_m": (
        sru() | {"s.rnn_lst.0.custom_m.weight": numbers(8)},
        SRU + "bidirectional = false\nskip = true\n",
        "custom_m, a module of your own, is not supported",
    ),
    "sru_skip_off": (
        sru(count=4),
        SRU + "bidirectional = false\nskip = false\n",
        "skip = false, but its tensors hold a matrix for the skip; write skip = true",
    ),
    "sru_skip_on": (
        sru(inputs=5),
        SRU + "bidirectional = false\nskip = true\n",
        "skips with its input, but reads 5 values and gives 8; check bidirectional, or write skip = false",
    ),
    "sru_columns": (
        sru(count=5),
        SRU + "bidirectional = false\nskip = true\n",
        "'s.rnn_lst.0.weight' has 40 columns, not 3 or 4 for each of 8 outputs",
    ),
    "sru_odd": (
        sru(outputs=7),
        SRU + "bidirectional = true\nskip = true\n",
        "has 14 values, not 2 a unit of 2 directions",
    ),
    "kaldi_scaled_tanh": (
        kaldi(),
        KALDI + 'activation = "tanh"\n',
        "candidate_scale = 0.8 with tanh does not fold into the weights; train with relu, or with dropout",
    ),
    "kaldi_lists": (
        kaldi(),
        KALDI.replace("0.8", "[0.8, 0.8]") + 'activation = "relu"\n',
        "layer 'n' (kaldi_ligru): candidate_scale lists 2 values for 1 layers; give one for all, or one a layer",
    ),
    "kaldi_layer_norm": (
        kaldi() | {"n.ln.0.gamma": numbers(4)},
        KALDI + 'activation = "relu"\n',
        "layer norm ('n.ln.0.gamma' is trained) is not supported; train with batch norm",
    ),
    "kaldi_input_layer_norm": (
        kaldi() | {"n.ln0.gamma": numbers(3)},
        KALDI + 'activation = "relu"\n',
        "layer norm of the input is not supported",
    ),
    "kaldi_untrained_norm": (
        kaldi(trained=False),
        KALDI + 'activation = "relu"\n',
        "'n.bn_wh.0.running_mean' holds no statistics: it was not trained with batch norm",
    ),
    "kaldi_bias_and_norm": (
        kaldi(bias=True),
        KALDI + 'activation = "relu"\n',
        "'n.wh.0.bias' and a trained 'n.bn_wh.0.running_mean' do not go together",
    ),
    "kaldi_shapes": (
        kaldi() | {"n.wz.0.weight": numbers(4, 2)},
        KALDI + 'activation = "relu"\n',
        "its update.x is 4 x 2, not 4 x 3",
    ),
    "speechbrain_layer_norm": (
        {key: value for key, value in speechbrain().items() if "running" not in key},
        SPEECHBRAIN,
        "is not normalised with batchnorm but with a layer norm, not supported; train with batchnorm",
    ),
    "speechbrain_state": (
        speechbrain() | {"l.rnn.0.h_init": np.ones((1, 4), np.float32)},
        SPEECHBRAIN,
        "'l.rnn.0.h_init' is not 0; only states that start at 0 are supported",
    ),
    "speechbrain_sligru": (
        speechbrain() | {"l.rnn.0.layer_norm.weight": numbers(8)},
        SPEECHBRAIN,
        "no layer uses 'l.rnn.0.layer_norm.weight'; describe the layer in the TOML",
    ),
    "speechbrain_scale": (
        speechbrain() | {"l.rnn.0.drop_mask_te": np.full(1, 0.5, np.float32)},
        SPEECHBRAIN,
        "'l.rnn.0.drop_mask_te' is not 1; save a model that does not scale at test",
    ),
    "overflow": (
        linear(2, 3) | norm(2) | {"norm.weight": np.full(2, 3e38, np.float32), "head.weight": 9 + numbers(2, 3)},
        head() + normed(),
        "holds NaN or infinite weights",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusal(tmp_path: Path, name: str) -> None:
    state, text, message = REFUSALS[name]
    path = write(tmp_path, state, text)
    found = refusal(path)
    assert message in found
    assert found.startswith(str(path))


@pytest.mark.filterwarnings("error")
def test_good_states_are_read(tmp_path: Path) -> None:
    """What the refusals change is read as it stands."""
    sru_text = SRU + "bidirectional = true\nskip = true\n"
    for state, text in (
        (recurrent() | linear(2, 4), RNN + head()),
        (recurrent() | linear(2, 4), f'order = "checked"\n{RNN}{head()}'),
        (both(), RNN + 'last = "h_n"\nmerge = "sum"\n'),
        (norm(3) | recurrent(), normed() + RNN),
        (sru(), sru_text),
        (kaldi(), KALDI + 'activation = "relu"\n'),
        (kaldi(bias=True, trained=False), KALDI + 'activation = "relu"\n'),
        (speechbrain(), SPEECHBRAIN),
    ):
        load(write(tmp_path, state, text))


DESCRIPTIONS = {
    "no_layer": ("unused = []\n", "model.toml: describes no layer; write a [[layer]]"),
    "no_list": ('[layer]\nkind = "gru"\n', "describes no layer"),
    "unknown_key": (f"format = 1\n{RNN}", "unknown key 'format'; known: [[layer]], unused, order"),
    "no_kind": ('[[layer]]\nprefix = "rnn"\n', "layer 1 has no kind; known: lstm, gru"),
    "kind": (RNN.replace("gru", "mingru"), "layer 1 has the unknown kind 'mingru'; known: lstm"),
    "kind_of_another_type": ("[[layer]]\nkind = [1]\n", "layer 1 has the unknown kind [1]"),
    "misspelt": (RNN + "mrege = 'sum'\n", "layer 1 (gru): unknown key 'mrege'; did you mean 'merge'?"),
    "other_kinds_key": (RNN + "eps = 1e-3\n", "layer 1 (gru): unknown key 'eps'; it knows kind, prefix, name, last"),
    "last_true": (RNN + "last = true\n", 'layer 1 (gru): last must be "h_n" or "output", not True'),
    "table": (RNN + "last = [1]\n", 'last must be "h_n" or "output", not a list or table'),
    "activation_missing": (
        RNN.replace("gru", "rnn"),
        'layer 1 (rnn): needs activation = "tanh" or "relu": torch\'s `nonlinearity`; the tensors cannot tell',
    ),
    "not_filled_in": (
        RNN.replace("gru", "rnn") + 'activation = ""\n',
        'layer 1 (rnn): activation must be "tanh" or "relu", not \'\'',
    ),
    "elu": (RNN + head('activation = "elu"'), 'layer 2 (linear): activation must be "identity", "relu", "tanh"'),
    "empty_kind": (
        RNN.replace("gru", ""),
        "layer 1 has an empty kind; fill it in, the tensors fit more than one",
    ),
    "order": (
        f'order = ""\n{RNN}',
        'order must be "checked": the layers below stand in the order of the model\'s forward; no tensor tells it',
    ),
    "order_type": (f"order = true\n{RNN}", 'order must be "checked"'),
    "no_list_of_one_a_layer": (KALDI + "activation = []\n", "or a list of one a layer, not a list or table"),
    "elu_in_a_list": (KALDI + 'activation = ["relu", "elu"]\n', 'activation must be "relu", "tanh"'),
    "scale": (
        KALDI.replace("0.8", "1.5") + 'activation = "relu"\n',
        "must be a number over 0 and up to 1, or a list of one a layer, not 1.5",
    ),
    "scale_nan": (KALDI.replace("0.8", "nan") + 'activation = "relu"\n', "candidate_scale must be a number over 0"),
    "flag": (SRU + "skip = 1\nbidirectional = true\n", "skip must be true or false, not 1"),
    "unused_type": (f'unused = "aux"\n{RNN}', "unused must be a list of tensors' names in quotes"),
    "syntax": ("[[layer]\n", "not valid TOML"),
}


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_description_refusal(tmp_path: Path, name: str) -> None:
    text, message = DESCRIPTIONS[name]
    path = write(tmp_path, recurrent(), text)
    found = refusal(path)
    assert message in found
    assert found.startswith(str(path.with_suffix(".toml")))


def test_description_missing_or_no_text(tmp_path: Path) -> None:
    path = write(tmp_path, recurrent(), RNN)
    path.with_suffix(".toml").write_bytes(b"\xff")
    assert "model.toml: not UTF-8 text (byte 0)" in refusal(path)
    path.with_suffix(".toml").write_text("#" * (1 << 20) + "\n")
    assert "model.toml: over 1 MiB" in refusal(path)
    path.with_suffix(".toml").unlink()
    assert "`shrinkc init DIR --from" in refusal(path)
