"""One world for all rows: a refusal changes nothing, so none can be in another's way."""

import contextlib

import pytest

from headrace.store.memory import MemoryJournal
from headrace.testing.clock import VirtualClock
from headrace.testing.sandbox import ScriptedSandbox
from headrace.testing.server import serve_in_thread
from tests.contract.refusals.world import World, answer_null


@pytest.fixture(scope="session")
def world():
    """A server in which there is something of everything."""
    sandbox = ScriptedSandbox()
    sandbox.invoke_script = answer_null
    journal = MemoryJournal()
    with (
        serve_in_thread(clock=VirtualClock(), sandbox=sandbox, journal=journal) as server,
        contextlib.closing(World(server, journal)) as world,
    ):
        yield world
