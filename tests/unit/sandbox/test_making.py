"""What goes wrong while an environment is made leaves nothing behind."""

import asyncio
import os

import pytest

from headrace.ports.sandbox import SandboxUnavailable
from headrace.sandbox.forker import ForkerGone
from headrace.sandbox.languages.language import Interpreter
from headrace.sandbox.languages.python import own_interpreter
from headrace.sandbox.making import Maker, zygote_of
from headrace.sandbox.supplies import Supplies
from tests.unit.sandbox.bench import spec_for
from tests.unit.sandbox.test_supplies import FakeGroups, posture

PYTHON = Interpreter("python3.11", "/usr/bin/python3.11", "/usr", "3.11.2")
NODE = Interpreter("nodejs22.x", "/usr/bin/node", "/usr", "22.0.0")


class Dead:
    """A zygote that always dies."""

    async def start(self, order, descriptors, on_end):
        for descriptor in descriptors:
            os.close(descriptor)
        raise ForkerGone


class Pool:
    """Zygotes that die as often as they are made."""

    def __init__(self):
        self.made = 0

    def libraries_for(self, interpreter):
        return []

    async def get(self, interpreter):
        self.made += 1
        return Dead()


def test_a_zygote_that_dies_twice_is_given_up_and_nothing_is_left(tmp_path):
    async def story():
        supplies = Supplies(posture(), folder=str(tmp_path), code_folder=str(tmp_path))
        pool, environments = Pool(), {}
        maker = Maker(posture(), supplies, pool, environments, forks=True)
        spec = spec_for(tmp_path, "x = 1")
        before = len(os.listdir("/proc/self/fd"))
        with pytest.raises(SandboxUnavailable, match="The zygote died"):
            await maker.fork(spec, print, PYTHON)
        assert pool.made == 2
        with pytest.raises(SandboxUnavailable, match="The zygote died"):
            await maker.make_template(spec, print, PYTHON)
        assert environments == {}
        assert len(os.listdir("/proc/self/fd")) == before

    asyncio.run(story())


def test_a_kernel_that_gives_no_group_leaves_nothing(tmp_path):
    groups = FakeGroups()
    groups.refuses = True

    async def story():
        supplies = Supplies(posture(groups), folder=str(tmp_path), code_folder=str(tmp_path))
        maker = Maker(posture(groups), supplies, Pool(), {}, forks=True)
        before = len(os.listdir("/proc/self/fd"))
        with pytest.raises(SandboxUnavailable, match="No space left"):
            await maker.make_template(spec_for(tmp_path, "x = 1"), print, PYTHON)
        assert len(os.listdir("/proc/self/fd")) == before

    asyncio.run(story())


def test_all_but_python_is_made_by_our_own_interpreters_zygote():
    assert zygote_of(PYTHON) is PYTHON
    assert zygote_of(NODE) == own_interpreter()
