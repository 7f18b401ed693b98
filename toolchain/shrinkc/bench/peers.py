"""What others take for the same shapes, counted once by the project and not by the command: GCC 12.2, QEMU 7.2."""

from dataclasses import dataclass

CMSIS_NN = "CMSIS-NN, commit 99f736a6"
CORES = ("cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55")


@dataclass(frozen=True)
class Peer:
    """Instructions a step by core, of a shape such as lstm-40-128."""

    name: str
    shape: str
    instructions: dict[str, int]


PEERS = (
    Peer(
        f"{CMSIS_NN}: `arm_lstm_unidirectional_s8`",
        "lstm-40-128",
        {
            "cortex-m0plus": 661_817,
            "cortex-m3": 327_569,
            "cortex-m4": 233_659,
            "cortex-m7": 233_685,
            "cortex-m33": 232_793,
            "cortex-m55": 74_243,
        },
    ),
    Peer(f"{CMSIS_NN}: the same with 16-bit data", "lstm-40-128", {"cortex-m4": 287_001}),
    Peer("TensorFlow Lite Micro with CMSIS-NN, 8 bits", "lstm-40-128", {"cortex-m4": 235_809}),
    Peer("TensorFlow Lite Micro, reference kernels, 8 bits", "lstm-40-128", {"cortex-m4": 963_886}),
    Peer("onnx2c, float", "lstm-40-128", {"cortex-m4": 359_917}),
    Peer("NNoM, 8 bits", "lstm-40-128", {"cortex-m4": 486_190}),
    Peer("NNoM at its best, 8 bits", "gru-40-128", {"cortex-m4": 158_261}),
    Peer("keras2c, float", "gru-40-128", {"cortex-m4": 497_631}),
    Peer(f"{CMSIS_NN}: `arm_lstm_unidirectional_s8`", "lstm-40-64", {"cortex-m4": 86_923}),
    Peer(f"{CMSIS_NN}: `arm_lstm_unidirectional_s8`", "lstm-40-256", {"cortex-m4": 711_519}),
)

# The project's aims for the LSTM 40 -> 128 (issue 4).
DENSE_AIM = dict(zip(CORES, (370_000, 220_000, 128_000, 128_000, 128_000, 25_000), strict=True))
UNSENT_60_AIM = dict(zip(CORES, (190_000, 115_000, 80_000, 80_000, 80_000, 25_000), strict=True))

MEMORY = (
    ("CMSIS-NN, LSTM 40 to 128 at 8 bits, flash", 94_672),
    ("TensorFlow Lite Micro, the same, flash, about", 130_000),
    ("TensorFlow Lite Micro, the same, RAM (its arena)", 10_100),
)
"""Bytes, and whose."""
