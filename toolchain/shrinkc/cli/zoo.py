"""`shrinkc zoo`: the bundled models, from their cards."""

import click


@click.command("zoo")
@click.option("--json", "as_json", is_flag=True, help="Print the cards as JSON.")
def command(as_json: bool) -> None:
    """List the bundled models: what each is, what it was trained on, and its measured error rates."""
    import json

    from .. import zoo

    models = [zoo.find(name) for name in zoo.names()]
    if as_json:
        cards = [{"model": f"{zoo.PREFIX}{model.name}", "path": str(model.model), **model.card} for model in models]
        click.echo(json.dumps(cards, indent=2, sort_keys=True))
        return
    for model in models:
        _describe(model)


def _describe(model) -> None:  # type: ignore[no-untyped-def]
    """One model: what it is, what it learned from, and its error rates, one a row."""
    from .console import print_table

    card = model.card
    rows = [
        ("what", card["description"]),
        ("parameters", f"{card['parameters']:,}"),
        ("trained on", "; ".join(card["trained_on"])),
        ("licence", f"weights {card['licence']['weights']}, data {card['licence']['data']}"),
    ]
    rows += [(f"PER, {figure['data']}", _figure(figure)) for figure in card["per"]]
    print_table(f"zoo:{model.name}", rows)


def _figure(figure: dict) -> str:
    """A PER of the float model with its interval, as a sentence."""
    return (
        f"{100 * figure['per']:.1f} % (95 % interval {100 * figure['low']:.1f} to {100 * figure['high']:.1f},"
        f" over {figure['over']}; {figure['utterances']} utterances, float, without silence)"
    )
