"""`shrinkc inspect`: what a model file holds, before anything is built of it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InputError, LimitError
from .console import print_json, print_table

if TYPE_CHECKING:
    from ..importers.cross_check import CrossCheck
    from ..network import Layer, Network
    from ..project.settings import Source


@click.command("inspect")
@click.argument("model")
@click.option("--run-reference", is_flag=True, help="Hold the float reference against the framework of the file.")
@click.option("--dataset", metavar="DATA", help="Data set for --run-reference.  [default: random numbers]")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def command(model: str, run_reference: bool, dataset: str | None, as_json: bool) -> None:
    """Show the layers, paths and sizes of MODEL (a file, or zoo:NAME)."""
    from ..importers import load
    from ..project.resolve import model_source
    from ..schema import to_json
    from ..zoo import PREFIX as ZOO

    if dataset is not None and not run_reference:
        raise InputError("--dataset says what --run-reference runs; give both")
    source = model_source(model, Path.cwd())
    # A zoo model's file has the same name in every folder; the model is called what the user calls it.
    name = source.name.removeprefix(ZOO) if source.name.startswith(ZOO) else None
    network = load(source.path, name)
    check = _run_reference(source, network, dataset) if run_reference else None
    found = describe(network) | ({"reference": _described(check)} if check else {})
    if as_json:
        print_json(to_json(found))
    else:
        _print(found)
    if check and not check.good:
        raise LimitError(
            f"{source.path}: the float reference and {check.framework} differ by {check.difference:.2g}, "
            f"more than {check.tolerance:g}; do not build on it, and report the model"
        )


def describe(network: "Network") -> dict[str, object]:
    """A network as plain values: name, widths, parameters, layers, paths, vectors and notes."""
    return {
        "name": network.name,
        "inputs": network.inputs,
        "outputs": network.outputs,
        "streams": network.streams,
        "parameters": network.parameters,
        "float_bytes": network.float_bytes,
        "layers": [_layer(layer) for layer in network.layers],
        "paths": [
            {"name": f"{layer.name}.{path}", "rows": int(matrix.shape[0]), "columns": int(matrix.shape[1])}
            for layer in network.layers
            for path, matrix in layer.matrices.items()
        ],
        "vectors": [
            {"name": f"{layer.name}.{name}", "elements": int(vector.size)}
            for layer in network.layers
            for name, vector in layer.vectors.items()
        ],
        "notes": list(network.notes),
    }


def _layer(layer: "Layer") -> dict[str, object]:
    return {
        "name": layer.name,
        "cell": layer.cell_name,
        "options": dict(layer.cell_options),
        "sizes": dict(layer.sizes),
        "reads": list(layer.reads),
        "directions": list(layer.directions),
        "last": layer.last,
        "inputs": layer.inputs,
        "units": layer.units,
        "outputs": layer.outputs,
        "parameters": layer.parameters,
    }


def _print(found: dict[str, object]) -> None:
    heading = f"{found['name']}: {found['parameters']:,} parameters, {found['float_bytes']:,} bytes of floats"
    rows = [("layer", "cell", "runs", "inputs", "units", "outputs", "parameters")]
    for item in found["layers"]:
        numbers = (f"{item[key]:,}" for key in ("inputs", "units", "outputs", "parameters"))
        rows.append((item["name"], _cell(item), _way(item), *numbers))
    print_table(heading, rows)
    print_table("paths, rows x columns", [(one["name"], f"{one['rows']} x {one['columns']}") for one in found["paths"]])
    if found["vectors"]:
        print_table("vectors, elements", [(one["name"], str(one["elements"])) for one in found["vectors"]])
    if not found["streams"]:
        click.echo("note: reads whole utterances: a layer runs backward")
    for note in found["notes"]:
        click.echo(f"note: {note}")
    if "reference" in found:
        click.echo(_reference(found["reference"]))


def _reference(check: dict) -> str:
    """The line about the cross-check; a difference that is no number comes from other shapes, or from NaN."""
    found = "has other outputs than" if check["difference"] is None else f"at most {check['difference']:.2g} from"
    return (
        f"reference: {found} {check['framework']} over {check['frames']:,} frames of {check['data']} "
        f"(tolerance {check['tolerance']:g}): {'good' if check['good'] else 'MISSED'}"
    )


def _cell(item: dict) -> str:
    """The cell with its options, less those that do nothing: `lstm peepholes projection=4`."""
    options = {**item["options"], **item["sizes"]}
    chosen = (
        key if value == "yes" else f"{key}={value}" for key, value in options.items() if value not in ("no", "identity")
    )
    return " ".join((item["cell"], *chosen))


def _way(item: dict) -> str:
    return " and ".join(item["directions"]) + (", last step" if item["last"] else "")


def _run_reference(source: "Source", network: "Network", dataset: str | None) -> "CrossCheck":
    from ..importers.cross_check import SEED, cross_check, random_input

    if dataset is None:
        return cross_check(source.path, network, random_input(network), f"random numbers (seed {SEED})")
    from ..datasets.dataset import check_width, load
    from ..project.resolve import data_source

    data = data_source(dataset, "test", Path.cwd())
    loaded = load(data.path)
    check_width(loaded, data.path, network.inputs)
    return cross_check(source.path, network, [loaded[place][0] for place in range(len(loaded))], data.name)


def _described(check: "CrossCheck") -> dict[str, object]:
    # JSON has no infinity and no NaN: None says that the outputs have other shapes, or are not finite.
    difference = check.difference if check.difference < float("inf") else None
    return {
        "framework": check.framework,
        "data": check.data,
        "utterances": check.utterances,
        "frames": check.frames,
        "difference": difference,
        "tolerance": check.tolerance,
        "good": check.good,
    }
