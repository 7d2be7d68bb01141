"""One sandbox for each level, shared by the tests of a file and cleared after each."""

import asyncio

import pytest

from headrace.sandbox.levels import LEVELS, find_posture
from headrace.sandbox.linux import LinuxSandbox
from tests.conformance.sandbox.snapshots import are_copies
from tests.unit.sandbox.bench import Bench, alive, open_folder


def pytest_collection_modifyitems(config, items):
    """Mark what starts real processes as slow; leave out what a level has no copies for."""
    idle = []
    for item in items:
        if "tests/conformance/sandbox/" in item.path.as_posix():
            item.add_marker(pytest.mark.slow)
            if item.get_closest_marker("copies") and not are_copies(item.callspec.params["level"]):
                idle.append(item)  # No tool is missing, as a skip would say.
    if idle:
        config.hook.pytest_deselected(items=idle)
        items[:] = [item for item in items if item not in idle]


@pytest.fixture(scope="session")
def highest(tmp_path_factory):
    """What this machine allows."""
    posture = find_posture(
        str(tmp_path_factory.mktemp("probe")), level=None, minimum="process", cgroups=True
    )
    if posture.groups is not None:
        posture.groups.remove()
    return posture


@pytest.fixture(scope="module", params=LEVELS)
def level(request):
    """Each level in turn."""
    return request.param


@pytest.fixture(scope="module")
def shared(level, highest):
    """A sandbox and the loop that it lives on."""
    if LEVELS.index(level) > LEVELS.index(highest.level):
        pytest.skip(f"this machine allows level {highest.level} only")
    with open_folder() as folder, asyncio.Runner() as runner:
        box = LinuxSandbox(str(folder), level=level)
        yield box, runner
        runner.run(box.close())
        assert alive(str(folder)) == []


@pytest.fixture
def bench(shared, tmp_path):
    """The shared sandbox for one test."""
    box, runner = shared
    return Bench(tmp_path, box, runner)


@pytest.fixture
def folder():
    """A folder for a sandbox of the test's own, which the users of environments can reach."""
    with open_folder() as path:
        yield path
