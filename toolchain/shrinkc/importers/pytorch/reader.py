"""PyTorch models: a state dict in a `.safetensors` file, and a TOML beside it that names the layers.

Neither torch nor pickle is used. Here the layers are read one after another; `layers`, `sru` and
`toolkits` know each kind.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ...network import Network
from ..assembly import Assembly
from ..error_places import layer_at, named
from .description import Spec, description_path, read_description
from .layers import read_batch_norm, read_linear, read_recurrent
from .recurrent import Reading
from .sru import read_sru
from .tensors import Tensors, pickled
from .toolkits import read_kaldi, read_speechbrain_ligru

READERS: dict[str, Callable[[Reading], None]] = {
    "lstm": read_recurrent,
    "gru": read_recurrent,
    "rnn": read_recurrent,
    "linear": read_linear,
    "batch_norm": read_batch_norm,
    "sru": read_sru,
    "kaldi_ligru": read_kaldi,
    "kaldi_minimalgru": read_kaldi,
    "kaldi_gru": read_kaldi,
    "kaldi_lstm": read_kaldi,
    "kaldi_rnn": read_kaldi,
    "speechbrain_ligru": read_speechbrain_ligru,
}
"""By the kind, each that `description.KINDS` has."""


def read(path: Path) -> Network:
    """The model in `path` as the TOML of the same name describes it. Raises InputError for what is not supported."""
    tensors = Tensors(path)
    description = read_description(description_path(path))
    assembly = Assembly(path)
    for spec in description.layers:
        _read_layer(assembly, tensors, spec)
    tensors.check_all_used(description.unused)
    return assembly.finish()


def read_pickle(path: Path) -> Network:
    """Refuses: see `pickled`."""
    raise pickled(path)


def _read_layer(assembly: Assembly, tensors: Tensors, spec: Spec) -> None:
    if assembly.ended_by:
        reason = f"stands after {assembly.ended_by}, which must be the end of the model; remove it"
        raise assembly.refuse(spec.name, spec.kind, reason)
    place = layer_at(assembly.path, spec.name, spec.kind)
    with named(assembly.path, place, "; save the model again"), np.errstate(over="ignore", invalid="ignore"):
        READERS[spec.kind](Reading(assembly, tensors, spec))  # a layer refuses what is not finite, by name
