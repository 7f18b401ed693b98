"""What comes before a build whose plan is to be found: what it refuses at once, and the shares that it goes by."""

import pytest

from labelled import labelled
from networks import recognizer
from shrinkc import pipeline, planning
from shrinkc.calibrate import calibrate
from shrinkc.errors import InputError
from shrinkc.project import Delta, Options, Plan, Rule, resolve, with_options
from shrinkc.project.values import empty
from shrinkc.quantize import quantize
from shrinkc.reference import measurer

NETWORK = recognizer("gru", units=6, outputs=4, layers=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"delta": "rnn9.h=3"}, "^--delta: delta.groups: 'rnn9.h' matches no send group"),
        ({"plan": "plan.toml"}, "plan.toml:2: plan.paths: 'rnn1.nothing.h' matches no path"),
    ],
)
@pytest.mark.parametrize("stage", [pipeline.prepare, planning.analyze])
def test_names_are_checked_before_any_work(options, message, stage, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.toml").write_text('[plan.paths."rnn1.nothing.h"]\nweights = 8\n')
    settings = resolve(with_options(empty(), Options(model="zoo:gru-small", target="cortex-m4", **options)))
    done: list[str] = []
    with pytest.raises(InputError, match=message):
        stage(settings, progress=lambda *said: done.append(said[0]))
    assert done == ["importing"]


def test_shares_are_measured_once_for_the_same_groups(monkeypatch) -> None:
    """A vector at another width is another send group, whose share was not seen."""
    data, measured = labelled(NETWORK, 4), []
    plain = planning.send_shares

    def counted(quantized, calibration):
        measured.append(quantized)
        return plain(quantized, calibration)

    monkeypatch.setattr(planning, "send_shares", counted)
    shares = planning._Shares(data)
    features = [one for one, _ in data]
    ranges, measure = calibrate(NETWORK, features), measurer(features)
    for bits, names in ((2, "rnn1.h@8"), (4, "rnn1.h@8")):
        plan = Plan(weights=bits, rounding="nearest")
        assert names in shares.of(quantize(NETWORK, ranges, plan, Delta(), measure))
    assert len(measured) == 1
    wide = Plan(rounding="nearest", groups=(Rule("rnn1.h", activations=16),))
    assert "rnn1.h@16" in shares.of(quantize(NETWORK, ranges, wide, Delta(), measure))
    assert len(measured) == 2
