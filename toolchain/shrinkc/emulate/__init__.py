"""Runs test images in QEMU, and host builds of the same harness, over utterances."""
