"""Settings of Keras layers that no network here can mean: one line that names the layer."""

import json
import re
from pathlib import Path

import h5py
import numpy as np
import pytest
from handmade import ENDINGS, WRITERS, arrays, both, config, functional, refusal, write_h5, write_keras
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shrinkc.errors import InputError
from shrinkc.importers import load
from shrinkc.importers.keras.refusals import REMEDIES
from shrinkc.network import Network


def changed(place: int, class_name: str | None = None, /, **settings: object) -> dict:
    """The handmade model with other settings of a layer, or with a layer of another class that has only these."""
    saved = config()
    entry = saved["config"]["layers"][place]
    entry["config"] = {**({"name": entry["config"]["name"]} if class_name else entry["config"]), **settings}
    entry["class_name"] = class_name or entry["class_name"]
    return saved


@both
@pytest.mark.parametrize("key", ["quantization_config", "lora_rank"])
def test_options_of_dense(tmp_path: Path, ending: str, key: str) -> None:
    saved = config()
    saved["config"]["layers"][2]["config"][key] = 4
    assert f"{key} = 4 is not supported; use {key} = None" in refusal(WRITERS[ending](tmp_path / f"m{ending}", saved))


@both
@pytest.mark.parametrize("key", ["stateful", "return_state", "time_major", "go_backwards"])
def test_options_of_lstm(tmp_path: Path, ending: str, key: str) -> None:
    path = WRITERS[ending](tmp_path / f"m{ending}", changed(1, **{key: True}))
    assert f"layer 'rnn' (LSTM): {key} = True is not supported; use {key} = False" in refusal(path)
    path = WRITERS[ending](tmp_path / f"n{ending}", changed(1, **{key: "no"}))
    assert f"{key} = 'no' is neither True nor False" in refusal(path)


@both
def test_settings_that_are_not_known(tmp_path: Path, ending: str) -> None:
    path = WRITERS[ending](tmp_path / f"m{ending}", changed(1, cell_clip=3.0))
    assert "layer 'rnn' (LSTM): has the setting 'cell_clip', which is not known" in refusal(path)
    assert load(WRITERS[ending](tmp_path / f"n{ending}", changed(1, cell_clip=None, kernel_initializer={}))).layers


@both
def test_gru_that_does_not_say_where_it_resets(tmp_path: Path, ending: str) -> None:
    path = WRITERS[ending](tmp_path / f"m{ending}", changed(1, "GRU", units=3))
    assert "does not say reset_after = True or False" in refusal(path)


@pytest.mark.parametrize("name", ["CuDNNLSTM", "CuDNNGRU"])
def test_layers_of_the_gpu(tmp_path: Path, name: str) -> None:
    message = refusal(write_h5(tmp_path / "m.h5", changed(1, name)))
    assert f"layer 'rnn' ({name}): is the GPU's form of" in message


def test_a_hard_sigmoid_of_which_keras(tmp_path: Path) -> None:
    """The handmade .h5 file does not say which Keras wrote it; the archive says Keras 3."""
    saved = changed(1, recurrent_activation="hard_sigmoid")
    assert "does not say whether Keras 2 or 3 wrote it" in refusal(write_h5(tmp_path / "m.h5", saved))
    bias = load(write_keras(tmp_path / "m.keras", saved)).layers[0].biases["forget"]
    assert np.allclose(bias, arrays()["rnn"][2][3:6] / 6 + 0.5)


@both
def test_frames_behind_a_last_step(tmp_path: Path, ending: str) -> None:
    saved = changed(1, return_sequences=False)
    saved["config"]["layers"].insert(2, {"class_name": "SimpleRNN", "config": {"name": "more", "units": 3}})
    random = np.random.default_rng(0)
    values = {"more": [random.normal(size=shape) for shape in ((3, 3), (3, 3), (3,))], **arrays()}
    if ending == ".h5":
        path = write_h5(tmp_path / "m.h5", saved, values)
    else:

        def add(file: h5py.File) -> None:
            for index, array in enumerate(values["more"]):
                file[f"layers/simple_rnn/cell/vars/{index}"] = array

        path = write_keras(tmp_path / "m.keras", saved, spoil=add)
    assert "(SimpleRNN): reads frames, what stands before it gives one vector" in refusal(path)


@both
def test_numbers_without_end(tmp_path: Path, ending: str) -> None:
    for mean in ("1" + "0" * 400, "[1, 1e999]", "[[1], [1, 2]]", "{}", '"x"', "NaN"):
        saved = config()
        entry = {"class_name": "Normalization", "config": {"name": "norm", "mean": "MEAN", "variance": 1.0}}
        saved["config"]["layers"].insert(1, entry)
        text = json.dumps(saved).replace('"MEAN"', mean)
        path = WRITERS[ending](tmp_path / f"m{ending}", text)
        assert "layer 'norm' (Normalization): its mean and variance are no" in refusal(path)
        path.unlink()


@both
def test_a_batch_norm_of_another_width(tmp_path: Path, ending: str) -> None:
    saved = config()
    saved["config"]["layers"][0] = {"class_name": "BatchNormalization", "config": {"name": "in"}}

    def add(file: h5py.File) -> None:
        for index in range(4):
            file[f"layers/batch_normalization/vars/{index}"] = np.ones(5)

    if ending == ".h5":
        path = write_h5(tmp_path / "m.h5", saved, {"in": [np.ones(5)] * 4, **arrays()})
    else:
        path = write_keras(tmp_path / "m.keras", saved, spoil=add)
    assert "layer 'rnn' reads 2 values, what stands before it gives 5" in refusal(path)


@both
def test_a_layer_deep_in_others(tmp_path: Path, ending: str) -> None:
    saved = config()
    inner = saved["config"]["layers"][2]
    for _ in range(300):
        inner = {"class_name": "TimeDistributed", "config": {"name": "t", "layer": inner}}
    saved["config"]["layers"][2] = inner
    message = refusal(WRITERS[ending](tmp_path / f"m{ending}", saved))
    assert "(TimeDistributed in TimeDistributed): stands in more than 8 other layers; take the wrappers off" in message


SETTINGS: dict[str, tuple[dict, str]] = {
    "sparse": (changed(0, sparse=True), "layer 'in' (InputLayer): sparse = True is not supported"),
    "ragged": (changed(0, ragged=True), "layer 'in' (InputLayer): ragged = True is not supported"),
    "shape": (changed(0, batch_shape=[None, 3, 3, 2]), "the input has the shape [None, 3, 3, 2]"),
    "units": (changed(1, units="3"), "units = '3' is no count of units"),
    "no_units": (changed(1, units=0), "units = 0 is no count of units"),
    "bias": (changed(1, use_bias=1), "use_bias = 1 is neither True nor False"),
    "function": (changed(2, activation={"class_name": "function"}), "activation = a function of your own is not"),
    "no_layer": (changed(1, "Bidirectional"), "its configuration has a layer without class and settings"),
    "no_cells": (changed(1, "RNN", cell={"class_name": "StackedRNNCells", "config": {"cells": []}}), "holds no cells"),
    "of_dense": (
        changed(1, "Bidirectional", layer={"class_name": "Dense", "config": {}}),
        "(Dense in Bidirectional): is not supported here; known: GRU, LSTM, RNN",
    ),
    "nothing_before": (changed(2, "ReLU"), "relu must stand behind a linear Dense layer"),
    "threshold": (changed(2, "ReLU", threshold="x"), "threshold = 'x' is no number of use"),
}


@both
@pytest.mark.parametrize("case", SETTINGS)
def test_settings_that_mean_nothing(tmp_path: Path, ending: str, case: str) -> None:
    saved, expected = SETTINGS[case]
    assert expected in refusal(WRITERS[ending](tmp_path / f"m{ending}", saved))


@pytest.mark.parametrize(
    ("settings_", "expected"),
    [
        ({"units": 4}, "its directions differ in units, which cannot be merged; use merge_mode = 'concat'"),
        ({"return_sequences": False}, "its directions differ in return_sequences; give both the same"),
        ({"use_bias": False}, "(SimpleRNN in Bidirectional): has 3 arrays of weights in the file, not 2"),
        ({"dtype": "float16"}, "(SimpleRNN in Bidirectional): dtype = 'float16' is not supported"),
    ],
)
def test_directions_that_do_not_fit(tmp_path: Path, settings_: dict, expected: str) -> None:
    own = {"name": "rnn", "units": 3, "return_sequences": True}
    sides = {
        "layer": {"class_name": "SimpleRNN", "config": own},
        "backward_layer": {"class_name": "SimpleRNN", "config": {**own, "go_backwards": True, **settings_}},
    }

    def rewrite(file: h5py.File) -> None:
        group = file["model_weights/rnn"]
        units = {"forward_rnn": 3, "backward_rnn": settings_.get("units", 3)}
        names = [f"rnn/{side}/cell/{index}" for side in units for index in range(3)]
        group.attrs["weight_names"] = [name.encode() for name in names]
        for side, count in units.items():
            for index, shape in enumerate([(2, count), (count, count), (count,)]):
                group[f"rnn/{side}/cell/{index}"] = np.ones(shape, "f4")

    saved = changed(1, "Bidirectional", merge_mode="sum", **sides)
    assert expected in refusal(write_h5(tmp_path / "m.h5", saved, spoil=rewrite))


def test_a_layer_behind_directions_of_other_widths(tmp_path: Path) -> None:
    """Keras makes the Dense for 2 x 3 values; the directions give 3 and 2."""
    sides = {"forward_rnn": 3, "backward_rnn": 2}
    entries = (
        {"class_name": "SimpleRNN", "config": {"name": name, "units": units, "return_sequences": True}}
        for name, units in sides.items()
    )
    layers = dict(zip(("layer", "backward_layer"), entries, strict=True))
    layers["backward_layer"]["config"]["go_backwards"] = True

    def rewrite(file: h5py.File) -> None:
        group = file["model_weights/rnn"]
        names = [f"rnn/{side}/cell/{index}" for side in sides for index in range(3)]
        group.attrs["weight_names"] = [name.encode() for name in names]
        for side, count in sides.items():
            for index, shape in enumerate([(2, count), (count, count), (count,)]):
                group[f"rnn/{side}/cell/{index}"] = np.ones(shape, "f4")

    values = {"rnn": arrays()["rnn"], "head": [np.ones((6, 2), "f4"), np.ones(2, "f4")]}
    message = refusal(write_h5(tmp_path / "m.h5", changed(1, "Bidirectional", **layers), values, rewrite))
    assert "layer 'head' reads 6 values, what stands before it gives 5; its two directions differ in width" in message
    assert "give them the same units" in message


PAGE = Path(__file__).parents[2] / "docs" / "models-keras.md"


@pytest.mark.parametrize("name", REMEDIES)
def test_layers_with_a_remedy(tmp_path: Path, name: str) -> None:
    message = refusal(write_keras(tmp_path / "m.keras", changed(1, name)))
    assert message.endswith(f"layer 'rnn' ({name}): {REMEDIES[name]}")
    refused = PAGE.read_text(encoding="utf-8").partition("## What is refused")[2]
    assert re.search(rf"^\|.*\b{name}\b.*\|.*layers_with_a_remedy", refused, re.MULTILINE)


@pytest.mark.parametrize(
    ("settings_", "variance", "expected"),
    [
        ({"epsilon": "x"}, 1.0, "epsilon = 'x' is no number of use"),
        ({"epsilon": 0}, 0.0, "its moving variance is not above 0"),
        ({}, -1.0, "its moving variance is not above 0"),
        ({"axis": True}, 1.0, "axis = True is not supported; use axis = -1"),
        ({"axis": [1, 2]}, 1.0, "axis = [1, 2] is not supported; use axis = -1"),
        ({}, 1e-40, "holds NaN or infinite weights"),
    ],
)
def test_batch_norms_that_cannot_be(tmp_path: Path, settings_: dict, variance: float, expected: str) -> None:
    saved = config()
    entry = {"class_name": "BatchNormalization", "config": {"name": "norm", "epsilon": 0.0, **settings_}}
    saved["config"]["layers"].insert(1, entry)
    values = {"norm": [np.full(2, 1e30), np.ones(2), np.ones(2), np.full(2, variance)], **arrays()}
    assert expected in refusal(write_h5(tmp_path / "m.h5", saved, values))


@both
def test_a_functional_chain_out_of_order_is_refused(tmp_path: Path, ending: str) -> None:
    message = refusal(WRITERS[ending](tmp_path / f"m{ending}", functional(("in", "head", "rnn"))))
    assert "layer 'head' (Dense): reads 'rnn', the layer before it is 'in'" in message


def marked(kind: str, module: object, registered: object, place: int | None) -> dict:
    """The handmade model whose entries say where their classes come from, as archives do: the one at `place` (None:
    the model) a class called `kind`, the others Keras' own."""
    saved = config()
    for entry in [saved, *saved["config"]["layers"]]:
        entry |= {"module": "keras.layers", "registered_name": None}
    entry = saved if place is None else saved["config"]["layers"][place]
    entry |= {"class_name": kind, "module": module, "registered_name": registered}
    return saved


@pytest.mark.parametrize("module", [None, "__main__", "mine", "keras_like", "keras.layers"])
@pytest.mark.parametrize(("kind", "place"), [("LSTM", 1), ("Dense", 2), ("Sequential", None)])
def test_classes_of_the_users_own(tmp_path: Path, kind: str, place: int | None, module: str | None) -> None:
    """Keras 3.15 writes the module null for a class of the script that is run."""
    if (module, kind) != ("keras.layers", "Sequential"):
        saved = marked(kind, module, kind, place)
        reason = "cannot be imported; known layers: " if place else "model cannot be imported; rebuild it"
        message = refusal(write_keras(tmp_path / "m.keras", saved))
        assert reason in message and f"{module or '__main__'}>{kind}" in message
    for own in ("keras", "keras.layers", "tf_keras.src.layers"):
        assert load(write_keras(tmp_path / "n.keras", marked(kind, own, None, place))).layers


def test_a_functional_model_keeps_its_class_name(tmp_path: Path) -> None:
    for module in ("keras.src.models.functional", "tf_keras.src.engine.functional"):
        saved = functional() | {"module": module, "registered_name": "Functional"}
        assert load(write_keras(tmp_path / "m.keras", saved)).layers
    message = refusal(write_keras(tmp_path / "m.keras", saved | {"module": None}))
    assert "a __main__>Functional model cannot be imported" in message


JSON = st.recursive(
    st.sampled_from(
        [None, True, False, 0, 1, -1, 10**400, 1e308, 0.5, "", "relu", "linear", "é", "GRU", "Bidirectional"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["class_name", "config", "x"]), inner),
    max_leaves=4,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), ending=st.sampled_from(ENDINGS))
def test_changed_settings_never_give_a_traceback(tmp_path: Path, data: st.DataObject, ending: str) -> None:
    saved = functional() if data.draw(st.booleans()) else config()
    entry = data.draw(st.sampled_from(saved["config"]["layers"]))
    kinds = ["LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "Dense", "BatchNormalization", "Normalization"]
    entry["class_name"] = data.draw(
        st.sampled_from([entry["class_name"], *kinds, "TimeDistributed", "ReLU", "Softmax"])
    )
    keys = [
        *entry["config"],
        "axis",
        "epsilon",
        "mean",
        "layer",
        "cell",
        "merge_mode",
        "reset_after",
        "dtype",
        "batch_shape",
    ]
    for _ in range(data.draw(st.integers(1, 3))):
        entry["config"][data.draw(st.sampled_from(keys))] = data.draw(JSON)
    path = WRITERS[ending](tmp_path / f"m{ending}", saved)
    try:
        assert isinstance(load(path), Network)
    except InputError as error:
        assert str(error).startswith(f"{path}: ") and "\n" not in str(error)
