"""The study's four networks in full size, from the model file to the image in QEMU: `make test-large`.

Each imports, is built for a Cortex-M4 with its weights in 16 MB of PSRAM, and gives the reference's bits over a whole
utterance. A build may take 90 s and 6 GB.
"""

import json
import sys
from pathlib import Path

import pytest
import study_models
from measured import run_measured

from shrinkc.target import load_target
from tools import needs_arm, needs_qemu

TARGET = "mps2-an386-psram"
LONGEST_BUILD_S = 90
MOST_MEMORY = 6 << 30
FRAMES = study_models.FRAMES
SHRINKC = [sys.executable, "-m", "shrinkc"]


@needs_arm
@needs_qemu
@pytest.mark.parametrize("name", study_models.MODELS)
def test_builds_and_gives_the_references_bits(name: str, tmp_path: Path, table: list[tuple[str, ...]]) -> None:
    study_models.write(name, tmp_path)
    study_models.write_features(tmp_path / "calibration.npz", utterances=2, seed=1)
    study_models.write_features(tmp_path / "test.npz", utterances=1, seed=2)
    (tmp_path / "shrinkc.toml").write_text('[metric]\nkind = "outputs"\n')
    options = ["--target", TARGET, "--max-frames", str(FRAMES), "--calibration", "calibration.npz", "-o", "built"]
    build = run_measured([*SHRINKC, "build", f"{name}.safetensors", *options], tmp_path)
    run_measured([*SHRINKC, "verify", "built", "--dataset", "test.npz"], tmp_path)
    report = json.loads((tmp_path / "built" / "report.json").read_text())
    sizes, verification = report["sizes"], report["verification"]
    table.append((
        name,
        f"{report['model']['parameters']:,}",
        f"{sizes['flash']:,}",
        f"{sizes['ram']:,}",
        f"{build.seconds:.0f}",
        f"{build.bytes / 1e6:.0f}",
        f"{verification['instructions_per_frame']['mean']:,.0f}",
        f"{verification['eliminated']['percent']:.1f} %",
        f"{'yes' if verification['bit_exact'] else 'no'}, {verification['frames']} frames",
    ))  # fmt: skip
    assert verification["bit_exact"] and verification["frames"] == FRAMES
    assert sizes["weights"] <= load_target(TARGET).board.region("weights").length
    assert build.seconds <= LONGEST_BUILD_S
    assert build.bytes <= MOST_MEMORY
