"""From counted calls to what a kernel costs: so many instructions a multiplication, and so many a row besides."""

import numpy as np
from runtime_reference import BITS

from shrinkc.lower.kernels import Family

Instructions = dict[tuple[str, int, int, int], float]
"""Of one call, by (kernel, bits, rows, columns or columns sent). Scans have the vector's width as their rows."""

FITTED = (40, 128)
"""Columns of the calls that the model is fitted to; a layer of 128 units has them."""
LSTM = (512, 168)


def per_multiplication(instructions: Instructions, kernel: str, bits: int) -> float:
    """In the loop over the columns: what the second half of 128 columns costs, by 128 rows."""
    whole, half = (instructions[kernel, bits, 128, columns] for columns in (128, 64))
    return (whole - half) / (64 * 128)


def kernels(instructions: Instructions) -> list[str]:
    """Those measured, of dense, delta and narrow."""
    return [kernel for kernel in ("dense", "delta", "narrow") if (kernel, 8, *LSTM) in instructions]


def filled(family: Family, kernel: str, bits: int, columns: int) -> int:
    """Columns with the filling, which the kernel multiplies as well."""
    return columns if kernel == "delta" else family.dense[bits].padded_columns(columns)


def linear_model(instructions: Instructions, family: Family, kernel: str, bits: int) -> tuple[float, float]:
    """(instructions a multiplication, instructions a row besides), fitted to calls of all shapes."""
    calls = [
        (rows, filled(family, kernel, bits, columns), value)
        for (name, width, rows, columns), value in instructions.items()
        if (name, width) == (kernel, bits) and columns in FITTED
    ]
    rows, columns, values = np.array(calls, float).T
    # Each call weighs the same: its relative error is what counts.
    shares = np.stack([rows * columns, rows], axis=1) / values[:, None]
    a_multiplication, a_row = np.linalg.lstsq(shares, np.ones(len(values)), rcond=None)[0]
    return float(a_multiplication), float(a_row)


def model_error(instructions: Instructions, family: Family, kernel: str, bits: int) -> float:
    """Of the model's cost of an LSTM's product, as a share of the measured one."""
    rows, columns = LSTM
    a_multiplication, a_row = linear_model(instructions, family, kernel, bits)
    measured = instructions[kernel, bits, rows, columns]
    return (a_multiplication * rows * filled(family, kernel, bits, columns) + a_row * rows) / measured - 1


def element_costs(instructions: Instructions) -> dict[str, float]:
    """Instructions an element: `scan` of one that stays, `send` more for one that is sent; quantize; hold (a third
    moved).
    """
    width = LSTM[1]
    narrow = 8 if ("hold", 8, width, 0) in instructions else 16
    still, all_sent = (instructions["scan", 8, width, sent] / width for sent in (0, width))
    return {
        "scan": still,
        "send": all_sent - still,
        "quantize": instructions["quantize", narrow, width, width // 3] / width,
        "hold": instructions["hold", narrow, width, width // 3] / width,
    }


def of_core(instructions: Instructions, family: Family) -> dict:
    """What targets/cores/ keeps. Its dense products are those of inputs of 8 bits, where they have kernels."""
    dense = "narrow" if family.narrow else "dense"
    models = {
        name: {bits: linear_model(instructions, family, kernel, bits) for bits in BITS}
        for name, kernel in (("dense", dense), ("delta", "delta"))
    }
    return {**element_costs(instructions), **models}


def as_text(instructions: Instructions, family: Family) -> str:
    """TOML, with what the model leaves out as comments."""
    lines = ["[costs]"]
    for name, cost in of_core(instructions, family).items():
        if isinstance(cost, dict):
            entries = ", ".join(f"{bits} = [{model[0]:.3f}, {model[1]:.1f}]" for bits, model in cost.items())
            lines.append(f"{name} = {{ {entries} }}")
        else:
            lines.append(f"{name} = {cost:.1f}")
    for kernel in kernels(instructions):
        for bits in BITS:
            loop, whole = per_multiplication(instructions, kernel, bits), instructions[kernel, bits, *LSTM]
            error = model_error(instructions, family, kernel, bits)
            lines.append(f"# {kernel} s{bits}: {loop:.2f} in the loop; 512 x 168: {whole:.0f}, model {error:+.1%}")
    return "\n".join([*lines, ""])
