"""The benchmark of calls about functions runs; nothing is asserted on speed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.acceptance
@pytest.mark.slow
def test_every_figure_is_measured():
    done = subprocess.run(
        [sys.executable, "-m", "tools.bench.control", "--only", "headrace", "--seconds", "0.1"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = [re.split(r"\s*\|\s*", line.strip("| ")) for line in done.stdout.splitlines()]
    figures = {row[0]: row[2:] for row in rows if len(row) == 4 and row[1] == "headrace"}
    assert set(figures) == {"GetFunctionConfiguration", "PutFunctionConcurrency", "Invoke, Event"}
    for per_s in figures.values():
        assert all(float(one.replace(",", "")) > 0 for one in per_s), per_s
