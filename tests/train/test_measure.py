"""What measures a trained model, as far as no model is needed."""

from shrinkc.train.measure import grouped


def test_measure_groups():
    assert grouped(["a", "b", "+", "c"]) == [["a", "b"], ["c"]]
