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
        cards = [{"model": f"zoo:{model.name}", "path": str(model.model), **model.card} for model in models]
        click.echo(json.dumps(cards, indent=2, sort_keys=True))
        return
    for model in models:
        _describe(model)


def _describe(model) -> None:  # type: ignore[no-untyped-def]
    """One model: a heading, what it is, its figures as a table."""
    from rich.console import Console
    from rich.table import Table

    console, card = Console(highlight=False), model.card
    console.print(f"zoo:{model.name}  {card['description']}")
    console.print(f"  {card.get('parameters', 0):,} parameters; trained on {'; '.join(card.get('trained_on', []))}")
    if not card.get("per"):
        return
    table = Table("PER, float, without silence", "utterances", "PER", "95 % interval", box=None, pad_edge=False)
    for figure in card["per"]:
        interval = f"{100 * figure['low']:.1f} to {100 * figure['high']:.1f} % over {figure['over']}"
        table.add_row(figure["data"], str(figure["utterances"]), f"{100 * figure['per']:.1f} %", interval)
    console.print(table)
