"""`shrinkc zoo`: the cards, as tables and as JSON."""

import json

from click.testing import CliRunner

from shrinkc import zoo
from shrinkc.cli.zoo import command


def test_list_and_json():
    plain = CliRunner().invoke(command, [])
    assert (
        plain.exit_code == 0
        and "zoo:lstm" in plain.output
        and "95 % interval" in plain.output
        and "asterisk test" in plain.output
    )
    cards = json.loads(CliRunner().invoke(command, ["--json"]).stdout)
    assert [card["model"] for card in cards] == [f"zoo:{name}" for name in zoo.names()]
