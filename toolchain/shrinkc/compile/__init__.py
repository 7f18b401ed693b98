"""Compiles a model's C: into a test image for a target, into a host library, or as a CMake project."""
