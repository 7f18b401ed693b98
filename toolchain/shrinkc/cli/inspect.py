"""`shrinkc inspect`: what a model file holds."""

from pathlib import Path

import click

from .console import print_json, print_table

FLOAT_BYTES = 4


@click.command("inspect")
@click.argument("model")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def command(model: str, as_json: bool) -> None:
    """Show the layers, paths and sizes of MODEL (a file, or zoo:NAME)."""
    import msgspec

    from ..importers import load
    from ..project.resolve import ZOO, model_source

    source = model_source(model, Path.cwd())
    # A zoo model's file has the same name in every folder; the model is called what the user calls it.
    name = source.name.removeprefix(ZOO) if source.name.startswith(ZOO) else None
    found = describe(load(source.path, name))
    if as_json:
        print_json(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
        return
    heading = f"{found['name']}: {found['parameters']:,} parameters, {found['float_bytes']:,} bytes of floats"
    rows = [("layer", "cell", "inputs", "units", "parameters")]
    rows += [
        (item["name"], item["cell"], str(item["inputs"]), str(item["units"]), f"{item['parameters']:,}")
        for item in found["layers"]
    ]
    print_table(heading, rows)
    paths = [(item["name"], f"{item['rows']} x {item['columns']}") for item in found["paths"]]
    print_table("paths, rows x columns", paths)
    for note in found["notes"]:
        click.echo(f"note: {note}")


def describe(network: object) -> dict[str, object]:
    """A network as plain values: name, parameters, float_bytes, layers, paths and notes."""
    return {
        "name": network.name,
        "inputs": network.inputs,
        "outputs": network.outputs,
        "parameters": network.parameters,
        "float_bytes": network.parameters * FLOAT_BYTES,
        "layers": [
            {
                "name": layer.name,
                "cell": layer.cell_name,
                "inputs": layer.inputs,
                "units": layer.units,
                "parameters": layer.parameters,
            }
            for layer in network.layers
        ],
        "paths": [
            {"name": f"{layer.name}.{path}", "rows": int(matrix.shape[0]), "columns": int(matrix.shape[1])}
            for layer in network.layers
            for path, matrix in layer.matrices.items()
        ],
        "notes": list(network.notes),
    }
