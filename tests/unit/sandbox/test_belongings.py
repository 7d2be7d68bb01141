"""What an environment has goes to the next or back, once."""

import asyncio
import os
import signal
import socket

import pytest

from headrace.sandbox.belongings import Belongings
from headrace.sandbox.processes import ProcessTree
from headrace.sandbox.supplies import Supplies
from tests.unit.sandbox.bench import spec_for
from tests.unit.sandbox.test_supplies import INTERPRETER, FakeGroups, posture


class Group:
    """A group in which two processes were killed for want of memory."""

    def __init__(self):
        self.calls = []

    def oom_kill_count(self):
        return 2

    def memory_peak_bytes(self):
        return 0

    def free_cpu(self):
        self.calls.append("free_cpu")

    def remove(self):
        self.calls.append("remove")
        return True


class Groups(FakeGroups):
    """Gives out such groups."""

    def create(self, name, memory_mb):
        self.created.append(Group())
        return self.created[-1]


class Household:
    """Supplies, and the belongings of one environment."""

    def __init__(self, folder, **how):
        self.groups = Groups()
        self.supplies = Supplies(
            posture(self.groups, **how), folder=str(folder), code_folder=f"{folder}/code"
        )
        self.spec = spec_for(folder, "x = 1", memory_mb=128)
        self.forgotten = 0
        self.first = Belongings(
            self.supplies, self.supplies.take(self.spec, INTERPRETER), self.forget
        )

    def forget(self):
        self.forgotten += 1

    def pass_on(self, belongings, status=0):
        loop = asyncio.new_event_loop()
        group = belongings.supply.group
        tree = ProcessTree(loop, group=group, kills_with_keeper=True, memory_mb=128)
        tree.judge(status, before_kill=True)
        loop.close()
        return belongings.pass_on(self.spec, INTERPRETER, tree)


def put_into_hatch(belongings, folder, flags=os.O_PATH):
    """Do the runtime's part with a descriptor of a folder."""
    theirs, *left = belongings.open_hatch()
    with socket.socket(fileno=theirs) as way:
        mount = os.open(folder, flags)
        socket.send_fds(way, [b"0"], [mount])
        os.close(mount)
    belongings.close_hatch()
    return left


@pytest.fixture
def open_files():
    """No descriptor is left at the end."""
    before = len(os.listdir("/proc/self/fd"))
    yield
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.usefixtures("open_files")
def test_the_next_has_the_same_user_and_group_and_the_hold_on_tmp(tmp_path):
    house = Household(tmp_path)
    assert house.first.oom_kills == 0
    assert put_into_hatch(house.first, tmp_path) == []
    second = house.pass_on(house.first)
    assert second.supply.user == house.first.supply.user
    assert second.supply.group is house.first.supply.group
    assert second.supply.group.calls == ["free_cpu"]
    assert second.oom_kills == 2
    assert second.has_left
    (left,) = put_into_hatch(second, tmp_path)
    assert os.path.samestat(os.fstat(left), os.stat(tmp_path))
    os.close(left)
    assert not second.has_left
    house.first.give_back()
    assert (house.forgotten, second.supply.group.calls) == (0, ["free_cpu"])
    second.give_back()
    second.give_back()
    assert (house.forgotten, second.supply.group.calls) == (1, ["free_cpu", "remove"])


@pytest.mark.usefixtures("open_files")
def test_what_was_left_and_never_taken_goes_back(tmp_path):
    house = Household(tmp_path)
    put_into_hatch(house.first, tmp_path)
    house.pass_on(house.first).give_back()
    assert house.forgotten == 1


@pytest.mark.usefixtures("open_files")
def test_a_runtime_that_puts_nothing_into_the_hatch_leaves_no_tmp(tmp_path):
    house = Household(tmp_path)
    os.close(house.first.open_hatch()[0])
    house.first.close_hatch()
    second = house.pass_on(house.first)
    assert not second.has_left
    second.give_back()


@pytest.mark.usefixtures("open_files")
@pytest.mark.parametrize(("path", "flags"), [("/etc", os.O_RDONLY), ("/etc/passwd", os.O_PATH)])
def test_what_is_no_hold_on_a_folder_is_not_kept(tmp_path, path, flags):
    """Out of a copy of a template comes what its function likes."""
    house = Household(tmp_path)
    put_into_hatch(house.first, path, flags)
    second = house.pass_on(house.first)
    assert not second.has_left
    second.give_back()


@pytest.mark.usefixtures("open_files")
def test_a_full_tmp_goes_when_memory_ran_out(tmp_path):
    """Any disk holds more than half of 128 MB."""
    house = Household(tmp_path)
    put_into_hatch(house.first, "/usr")
    house.first.oom_kills = -1
    second = house.pass_on(house.first, signal.SIGKILL)
    assert not second.has_left
    second.give_back()


def test_where_tmp_is_a_folder_the_next_has_the_same(tmp_path):
    house = Household(tmp_path, namespaces=False)
    folder = house.first.supply.scratch
    second = house.pass_on(house.first)
    assert second.supply.scratch == second.supply.places.scratch == folder
    assert os.path.isdir(folder)
    second.give_back()
    assert not os.path.exists(folder)
