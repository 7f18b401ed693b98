"""What to do about Keras layers that users try and that cannot be compiled: one line each, reason and remedy."""

INNER_MODELS = ("Sequential", "Functional", "Model")

_CONVOLUTION = "convolutions are not supported; put neighbouring frames side by side in a feature vector and use Dense"
_POOLING = "a pool over time is not supported; use return_sequences = False on the last recurrent layer"
_SHAPE = "the shape must stay (batch, time, features); remove it, and bring the data into that shape before"
_FRAME_STATISTICS = "depends on the statistics of each frame; not supported; use BatchNormalization, which folds away"
_CURVE = "the function is not supported; use Activation or ReLU behind a linear Dense layer"
_ATTENTION = "attention needs all frames at once; not supported; use recurrent layers"
_MERGING = "only a chain is supported, each layer used once; remove it"

REMEDIES = {
    "Masking": "frames are never masked on the device; remove it, padding is cut off before the network",
    "Lambda": "code in a model file is never run; write it with known layers",
    "CuDNNLSTM": "is the GPU's form of LSTM; build the model with LSTM, load these weights into it, and save it again",
    "CuDNNGRU": "is the GPU's form of GRU; build it with GRU(reset_after=True), load these weights, and save it again",
    "Embedding": "symbols are not looked up on the device; look them up before it, and give it the vectors as features",
    "LayerNormalization": _FRAME_STATISTICS,
    "UnitNormalization": _FRAME_STATISTICS,
    "GroupNormalization": _FRAME_STATISTICS,
    "Rescaling": "not supported; use Normalization(mean, variance), which does the same",
    "Flatten": "frames cannot be joined; remove it, or use return_sequences = False for the last step's result",
    "RepeatVector": "a vector cannot be repeated in time; end the model before it",
    **dict.fromkeys(("Reshape", "Permute", "ZeroPadding1D", "Cropping1D", "UpSampling1D"), _SHAPE),
    **dict.fromkeys(
        ("Conv1D", "Conv2D", "SeparableConv1D", "SeparableConv2D", "DepthwiseConv1D", "DepthwiseConv2D"), _CONVOLUTION
    ),
    **dict.fromkeys(("Conv1DTranspose", "Conv2DTranspose", "Conv3D"), _CONVOLUTION),
    **dict.fromkeys(("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"), _CONVOLUTION),
    **dict.fromkeys(("MaxPooling1D", "AveragePooling1D"), _POOLING),
    **dict.fromkeys(("GlobalMaxPooling1D", "GlobalAveragePooling1D"), _POOLING),
    **dict.fromkeys(("LeakyReLU", "PReLU", "ELU", "ThresholdedReLU"), _CURVE),
    **dict.fromkeys(("MultiHeadAttention", "Attention", "AdditiveAttention"), _ATTENTION),
    **dict.fromkeys(("Add", "Subtract", "Multiply", "Average", "Maximum", "Concatenate", "Dot"), _MERGING),
}
