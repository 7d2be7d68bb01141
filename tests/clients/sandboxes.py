"""A sandbox of one level, for functions of other languages than Python."""

import asyncio
import contextlib

import pytest

from headrace.sandbox.levels import LEVELS, find_posture
from headrace.sandbox.linux import LinuxSandbox
from tests.unit.sandbox.bench import alive, open_to_all


@contextlib.contextmanager
def sandbox_at(level, folder):
    """Yield a sandbox and the loop that it lives on; skip where the machine does not allow it."""
    open_to_all(folder)
    posture = find_posture(str(folder), level=None, minimum="process", cgroups=True)
    if posture.groups is not None:
        posture.groups.remove()
    if LEVELS.index(level) > LEVELS.index(posture.level):
        pytest.skip(f"this machine allows level {posture.level} only")
    with asyncio.Runner() as runner:
        box = LinuxSandbox(str(folder), level=level)
        yield box, runner
        runner.run(box.close())
    assert alive(str(folder)) == []
