"""The zoo: what is bundled is whole, and unknown names list the known ones."""

import numpy as np
import pytest

from shrinkc import zoo
from shrinkc.datasets import load
from shrinkc.errors import InputError


def test_find():
    model = zoo.find("zoo:lstm")
    assert model == zoo.find("lstm")
    for path in (model.model, model.calibration, model.dev, model.test):
        assert path.is_file()
    with pytest.raises(InputError, match=r"no model 'zoo:lsmt'; the zoo has .*zoo:lstm"):
        zoo.find("zoo:lsmt")


@pytest.mark.parametrize("name", zoo.names())
def test_cards_say_where_everything_came_from(name):
    model = zoo.find(name)
    card = model.card
    assert card["name"] == name and card["description"] and card["trained_on"]
    assert card["licence"]["weights"] and card["licence"]["data"] == "CC-BY-SA-3.0"
    assert (model.data / "LICENSE.txt").is_file() and (model.folder.parent / "LICENSE-weights.txt").is_file()
    files = {path.name for path in model.folder.iterdir()}
    runs = [key.removeprefix("command_") for key in card if key.startswith("command_") and key != "command_note"]
    before = {f"{run}.{kind}" for run in runs for kind in ("toml", "log.jsonl")}
    assert files == {"card.toml", "model.keras", "train.toml", "train.log.jsonl"} | before
    for figure in card["per"]:
        assert figure["low"] <= figure["per"] <= figure["high"] and not figure["silence"]
        errors = figure["substitutions"] + figure["deletions"] + figure["insertions"]
        assert figure["per"] == pytest.approx(errors / figure["symbols"], abs=5e-5)


@pytest.mark.parametrize("name", zoo.names())
def test_card_holds_what_the_model_scores(name):
    pytest.importorskip("tensorflow", reason="scoring the float model as Keras runs it needs tensorflow")
    from shrinkc.train.measure import measure
    from shrinkc.train.network import load_model

    found = zoo.find(name)
    model = load_model(found.model)
    assert sum(int(np.prod(w.shape)) for w in model.trainable_weights) == found.card["parameters"]
    figure = measure(model, [load(found.test)], "asterisk test")
    written = next(entry for entry in found.card["per"] if entry["data"] == "asterisk test")
    assert figure.per == pytest.approx(written["per"], abs=5e-4)
