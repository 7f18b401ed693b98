"""TensorFlow Lite files with fused LSTMs."""
