"""What others take for the same shapes, counted once by the project and not by the command: GCC 12.2, QEMU 7.2.

The commit is known of CMSIS-NN alone; none was recorded of the others.
"""

from dataclasses import dataclass

CMSIS_NN = "[CMSIS-NN](https://github.com/ARM-software/CMSIS-NN/tree/99f736a6) at commit 99f736a6"
TFLM = "[TensorFlow Lite Micro](https://github.com/tensorflow/tflite-micro)"
ONNX2C = "[onnx2c](https://github.com/kraiskil/onnx2c)"
NNOM = "[NNoM](https://github.com/majianjia/nnom)"
KERAS2C = "[keras2c](https://github.com/PlasmaControl/keras2c)"


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
    Peer(f"{TFLM} with CMSIS-NN, 8 bits", "lstm-40-128", {"cortex-m4": 235_809}),
    Peer(f"{TFLM}, reference kernels, 8 bits", "lstm-40-128", {"cortex-m4": 963_886}),
    Peer(f"{ONNX2C}, float", "lstm-40-128", {"cortex-m4": 359_917}),
    Peer(f"{NNOM}, 8 bits", "lstm-40-128", {"cortex-m4": 486_190}),
    Peer(f"{NNOM} at its best, 8 bits", "gru-40-128", {"cortex-m4": 158_261}),
    Peer(f"{KERAS2C}, float", "gru-40-128", {"cortex-m4": 497_631}),
    Peer(f"{CMSIS_NN}: `arm_lstm_unidirectional_s8`", "lstm-40-64", {"cortex-m4": 86_923}),
    Peer(f"{CMSIS_NN}: `arm_lstm_unidirectional_s8`", "lstm-40-256", {"cortex-m4": 711_519}),
)

CMSIS_NN_PRODUCT = {8: 2.07, 4: 5.07}
"""Instructions a multiplication of CMSIS-NN's product of 256 x 256 weights on the M4, by bits of a weight."""

MEMORY = (
    (f"{CMSIS_NN}, LSTM 40 to 128 at 8 bits, flash", 94_672),
    (f"{TFLM}, the same, flash, about", 130_000),
    (f"{TFLM}, the same, RAM (its arena)", 10_100),
)
"""Bytes, and whose."""
