"""Readers of speech corpora: each turns one corpus' own layout into the sides of a dataset."""
