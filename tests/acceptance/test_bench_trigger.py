"""The benchmark of mappings runs, with sizes that take no time; nothing is asserted on speed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.bench.trigger import law_s

ROOT = Path(__file__).parents[2]


@pytest.mark.acceptance
@pytest.mark.slow
def test_every_figure_is_measured():
    sizes = ["--messages", "100", "--surge", "100", "--mappings", "3", "--idle-seconds", "0.2"]
    sizes += ["--peers", ""]
    done = subprocess.run(
        [sys.executable, "-m", "tools.bench.trigger", *sizes],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = [re.split(r"\s*\|\s*", line.strip("| ")) for line in done.stdout.splitlines()]
    assert [name for name, _ in rows] == [
        "100 messages, no work: a second",
        "100 messages, 50 ms a batch: seconds",
        "seconds by the law of scaling",
        "receives of a message",
        "memory added, MiB",
        "3 idle mappings: memory, MiB",
        "processor time while they idle, ms/s",
        "context switches while they idle, /s",
    ]
    assert float(rows[0][1].replace(",", "")) > 0
    assert float(rows[1][1]) > 0
    assert float(rows[3][1]) == 1


def test_the_law_of_scaling():
    """spec/esm.md 4.1: 5 at once, one more each 200 ms."""
    assert law_s(50, 1_000) == 1.0  # five batches at once
    assert law_s(51, 1_000) == 1.2  # a slot more after 200 ms
    # Batches that have ended after t seconds are about 100 t + 50 t^2, for 50 ms each.
    assert law_s(100_000, 50) == pytest.approx(13.2, abs=0.2)
