"""Scores: phone error rate, accuracy, distance between outputs, and the report that states them."""
