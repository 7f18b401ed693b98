"""`shrinkc init`."""

import re
import tomllib

import numpy as np
import pytest
from safetensors.numpy import save_file

from shrinkc import importers
from shrinkc.errors import InputError
from shrinkc.project import load_project


def test_a_project_from_the_zoo(shrinkc_run, tmp_path):
    code, out, err = shrinkc_run("init", "p", "--from", "zoo:lstm", "--target", "cortex-m7", "--name", "tiny")
    assert (code, err) == (0, "")
    assert "next: cd p" in out and "next: shrinkc build\n" in out
    settings = load_project(tmp_path / "p")
    assert (settings.model.name, settings.target, settings.name) == ("zoo:lstm", "cortex-m7", "tiny")


def test_a_project_from_a_file_keeps_its_place(shrinkc_run, tmp_path):
    (tmp_path / "m.keras").write_bytes(b"model")
    assert shrinkc_run("init", "deep/p", "--from", "m.keras", "--target", "cortex-m4")[0] == 0
    assert load_project(tmp_path / "deep/p").model.path.resolve() == tmp_path / "m.keras"


def test_an_empty_project(shrinkc_run, tmp_path):
    (tmp_path / "p").mkdir()
    assert shrinkc_run("init", "p")[0] == 0
    assert "# path = " in (tmp_path / "p" / "shrinkc.toml").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["p", "--from", "none.keras"], "none.keras: no such model file"),
        (["p", "--from", "zoo:none"], "zoo:none"),
        (["p", "--target", "cortex-m99"], "cortex-m99"),
        (["p", "--name", "a-b"], "no C identifier"),
        (["full"], "full holds 'thesis.tex'"),
        (["file"], "file is a file"),
    ],
)
def test_refusals_write_nothing(shrinkc_run, tmp_path, arguments, message):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("")
    (tmp_path / "file").write_text("")
    code, out, err = shrinkc_run("init", *arguments)
    assert (code, out) == (2, "")
    assert message in err and err.count("\n") == 1
    assert not (tmp_path / "p").exists()


def test_a_project_is_not_overwritten(shrinkc_run):
    shrinkc_run("init", "p")
    code, _, err = shrinkc_run("init", "p")
    assert code == 2
    assert "a project already" in err


def state(*parts: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Tensors of random numbers by their shapes."""
    random = np.random.default_rng(1)
    return {name: random.normal(0, 0.3, shape).astype(np.float32) for part in parts for name, shape in part.items()}


def rnn(gates: int, units: int, inputs: int, prefix: str = "rnn.") -> dict[str, tuple[int, ...]]:
    rows = gates * units
    return {f"{prefix}weight_ih_l0": (rows, inputs), f"{prefix}weight_hh_l0": (rows, units)}


HEAD = {"a.weight": (3, 4), "a.bias": (3,)}
KALDI = {"n.wh.0.weight": (4, 5), "n.uh.0.weight": (4, 4), "n.wz.0.weight": (4, 5), "n.uz.0.weight": (4, 4)}
NORM = {"b.running_mean": (4,), "b.running_var": (4,), "b.num_batches_tracked": ()}
SRU = {"s.rnn_lst.0.weight": (5, 32), "s.rnn_lst.0.weight_c": (16,), "s.rnn_lst.0.bias": (16,)}
LIGHT = {"l.rnn.0.w.weight": (8, 5), "l.rnn.0.u.weight": (8, 4), "l.rnn.0.norm.running_mean": (8,)}
DEEP_LIGHT = {"l.rnn.1.w.weight": (8, 8), "l.rnn.1.u.weight": (8, 4)}


@pytest.mark.parametrize(
    ("tensors", "layers", "asked"),
    [
        (state(rnn(4, 4, 5), HEAD), ["lstm rnn", "linear a"], []),
        (state(rnn(3, 4, 5), HEAD), ["gru rnn", "linear a"], []),
        (state(rnn(1, 4, 5), HEAD), ["rnn rnn", "linear a"], ["layer 1 (rnn) activation"]),
        (state(rnn(3, 4, 5, "")), ["gru"], []),
        (
            state(rnn(4, 4, 4), NORM, HEAD),
            ["batch_norm b", "lstm rnn", "linear a"],
            ["order", "layer 1 (batch_norm) activation", "layer 3 (linear) activation"],
        ),
        (state(rnn(4, 6, 4), NORM), ["batch_norm b", "lstm rnn"], ["layer 1 (batch_norm) activation"]),
        (state(HEAD, {"b.weight": (2, 3)}), ["linear a", "linear b"], ["layer 1 (linear) activation"]),
        (state(SRU), ["sru s"], ["layer 1 (sru) bidirectional", "layer 1 (sru) activation"]),
        (
            state(KALDI, {"h.weight": (3, 8)}),
            ["kaldi_ligru n", "linear h"],
            [f"layer 1 (kaldi_ligru) {key}" for key in ("kind", "activation", "candidate_scale")],
        ),
        (
            state(LIGHT),
            ["speechbrain_ligru l"],
            [f"layer 1 (speechbrain_ligru) {key}" for key in ("kind", "bidirectional", "activation")],
        ),
        (
            state(LIGHT, DEEP_LIGHT),
            ["speechbrain_ligru l"],
            ["layer 1 (speechbrain_ligru) kind", "layer 1 (speechbrain_ligru) activation"],
        ),
    ],
)
def test_a_state_dict_is_described(shrinkc_run, tmp_path, tensors, layers, asked):
    save_file(tensors, tmp_path / "m.safetensors")
    code, out, err = shrinkc_run("init", "p", "--from", "m.safetensors", "--target", "cortex-m4")
    assert (code, err) == (0, "")
    assert [line for line in out.splitlines() if line.startswith("fill in")] == [
        f"fill in m.toml: {key}" for key in asked
    ]
    listed = out.splitlines()[0].removeprefix("wrote m.toml, guessed from the tensors' names: ")
    assert sorted(listed.split(", ")) == sorted(layers)
    text = (tmp_path / "m.toml").read_text()
    described = [(item["kind"], item["prefix"]) for item in tomllib.loads(text)["layer"]]
    kinds = {name.partition(" ")[2]: name.partition(" ")[0] for name in layers}
    assert {prefix for _, prefix in described} == set(kinds)
    assert all(kind in ("", kinds[prefix]) for kind, prefix in described)
    assert text.count('= ""  # fill in: ') == len(asked)
    assert load_project(tmp_path / "p").model.path.resolve() == tmp_path / "m.safetensors"
    if asked:
        reason = "has an empty kind" if asked[0].endswith(" kind") else f"{asked[0].split()[-1]} must be"
        with pytest.raises(InputError, match=rf"m.toml: .*{reason}"):
            importers.load(tmp_path / "m.safetensors")


@pytest.mark.parametrize("gates", [3, 4])
def test_a_plain_description_is_read_as_it_is(shrinkc_run, tmp_path, gates):
    save_file(state(rnn(gates, 4, 5), HEAD), tmp_path / "m.safetensors")
    shrinkc_run("init", "p", "--from", "m.safetensors")
    network = importers.load(tmp_path / "m.safetensors")
    assert [(layer.name, layer.units) for layer in network.layers] == [("rnn", 4), ("a", 3)]


@pytest.mark.parametrize(
    ("tensors", "answers"),
    [
        (state(KALDI), {"kind": '"kaldi_minimalgru"', "bidirectional": "false", "activation": '"relu"'}),
        (state(HEAD, {"b.weight": (3, 3), "c.weight": (3, 3)}), {"order": '"checked"', "activation": '"tanh"'}),
    ],
)
def test_what_is_filled_in_is_read(shrinkc_run, tmp_path, tensors, answers):
    """Another network may stand behind the same tensors: nothing is read until every doubt is settled."""
    if "n.wh.0.weight" in tensors:
        tensors |= {f"n.{w}.0.bias": np.ones(4, np.float32) for w in ("wh", "wz")}
        answers |= {"candidate_scale": "[0.5]"}
    save_file(tensors, tmp_path / "m.safetensors")
    shrinkc_run("init", "p", "--from", "m.safetensors")
    path = tmp_path / "m.toml"
    for key, value in answers.items():
        with pytest.raises(InputError):
            importers.load(tmp_path / "m.safetensors")
        path.write_text(re.sub(rf'^{key} = "".*', f"{key} = {value}", path.read_text(), flags=re.MULTILINE))
    assert importers.load(tmp_path / "m.safetensors").layers[0].cell_name in ("minimal_gru", "dense")


def test_the_eps_of_a_batch_norm_is_written_out(shrinkc_run, tmp_path):
    save_file(state(rnn(4, 6, 4), NORM), tmp_path / "m.safetensors")
    shrinkc_run("init", "p", "--from", "m.safetensors")
    assert "eps = 1e-05  # check: torch's default; no tensor tells it\n" in (tmp_path / "m.toml").read_text()


@pytest.mark.parametrize(
    ("tensors", "doubt"),
    [
        (state(rnn(3, 4, 5), {"a.weight": (4, 4), "b.weight": (4, 4)}), "several orders fit the widths, this is one"),
        (state(rnn(3, 4, 5), {"a.weight": (3, 9)}), "the order is that of the names; the widths do not confirm it"),
        (state(rnn(3, 4, 5), {"odd\nname": (2,)}), "no layer was found for 'odd\\nname'"),
    ],
)
def test_what_is_doubtful_is_said(shrinkc_run, tmp_path, tensors, doubt):
    save_file(tensors, tmp_path / "m.safetensors")
    out = shrinkc_run("init", "p", "--from", "m.safetensors")[1]
    assert f"check in m.toml: {doubt}\n" in out
    assert f"# Check: {doubt}.\n" in (tmp_path / "m.toml").read_text()


def test_a_description_is_not_overwritten(shrinkc_run, tmp_path):
    save_file(state(rnn(3, 4, 5)), tmp_path / "m.safetensors")
    (tmp_path / "m.toml").write_text("# mine\n")
    code, out, _ = shrinkc_run("init", "p", "--from", "m.safetensors")
    assert (code, out.splitlines()[0]) == (0, "m.toml is there already, and kept")
    assert (tmp_path / "m.toml").read_text() == "# mine\n"


def test_models_that_cannot_be_described(shrinkc_run, tmp_path):
    save_file(state({"conv.weight": (2, 3, 4)}), tmp_path / "conv.safetensors")
    (tmp_path / "bad.safetensors").write_bytes(b"x" * 30)
    (tmp_path / "m.pt").write_bytes(b"x")
    for model, message in (
        ("conv.safetensors", "no layer is plain from its tensors, 'conv.weight'; write conv.toml by hand"),
        ("bad.safetensors", "not a whole safetensors file"),
        ("m.pt", "a pickle, which can run code and is never opened"),
    ):
        code, out, err = shrinkc_run("init", "p", "--from", model)
        assert (code, out) == (2, "")
        assert message in err and err.count("\n") == 1
    assert sorted(file.name for file in tmp_path.iterdir()) == ["bad.safetensors", "conv.safetensors", "m.pt"]
