"""Small data sets whose labels are what a float network itself hears in them: its own error rate there is 0."""

import numpy as np

from networks import speech_like
from shrinkc.datasets import Dataset
from shrinkc.network import Network, floating
from shrinkc.score.per import decode_all


def labelled(network: Network, count: int = 6, frames: int = 40, seed: int = 5, labels: bool = True) -> Dataset:
    """`count` utterances of a network's width, of two speakers. labels: else there are none."""
    features = speech_like(count, frames, network.inputs, seed)
    heard = decode_all(floating.run(network, features)) if labels else [[] for _ in features]
    return Dataset(
        features=np.concatenate(features),
        lengths=np.array([len(one) for one in features]),
        labels=np.array([symbol for one in heard for symbol in one], np.int32),
        label_lengths=np.array([len(one) for one in heard]),
        symbols=("sil", *(f"s{index}" for index in range(1, network.outputs))),
        speakers=tuple(f"speaker{index % 2}" for index in range(count)),
    )
