"""shrinkc: trained recurrent networks into small integer C for Cortex-M, proven in QEMU."""

__version__ = "0.1.0"
