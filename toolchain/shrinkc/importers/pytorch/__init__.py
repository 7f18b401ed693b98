"""State dicts of PyTorch in .safetensors files, beside a TOML that names their layers."""
