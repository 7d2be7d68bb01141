"""Users, groups and folders are handed out once and come back."""

import os

import pytest

from headrace.ports.sandbox import SandboxUnavailable
from headrace.sandbox import limits, supplies
from headrace.sandbox.languages.language import LAMBDA_PLACES, Interpreter
from headrace.sandbox.levels import Posture
from headrace.sandbox.supplies import NoUsersLeft, Supplies
from tests.unit.sandbox.bench import spec_for
from tests.unit.sandbox.test_removal import make_deep

INTERPRETER = Interpreter("python3.11", "/usr/bin/python3.11", "/usr", "3.11.2")


class FakeGroup:
    """A group that is busy the first time it is to be removed."""

    def __init__(self):
        self.attempts = 0

    def remove(self):
        self.attempts += 1
        return self.attempts > 1


class FakeGroups:
    """Gives out groups, or refuses."""

    version = 1

    def __init__(self):
        self.created = []
        self.refuses = False
        self.removed = False

    def create(self, name, memory_mb):
        if self.refuses:
            raise OSError(28, "No space left")
        self.created.append(FakeGroup())
        return self.created[-1]

    def remove(self):
        self.removed = True


def posture(groups=None, *, namespaces=True, own_user=True):
    return Posture(
        level="strict", namespaces=namespaces, user_namespace=False, fences=True, seccomp=True,
        landlock=0, own_user=own_user, groups=groups,
    )  # fmt: skip


@pytest.fixture
def make(tmp_path):
    """Return a function that makes supplies in a folder."""
    return lambda chosen: Supplies(chosen, folder=str(tmp_path), code_folder=f"{tmp_path}/code")


def test_user_ids_are_used_again_after_they_came_back(make, tmp_path):
    store = make(posture())
    spec = spec_for(tmp_path, "")
    first, second = store.take(spec, INTERPRETER), store.take(spec, INTERPRETER)
    assert (first.user, second.user) == (limits.FIRST_USER, limits.FIRST_USER + 1)
    assert first.places is LAMBDA_PLACES
    store.give_back(first)
    assert store.take(spec, INTERPRETER).user == first.user
    assert store.take(spec, INTERPRETER).user == limits.FIRST_USER + 2


def test_what_has_no_interpreter_has_no_folder_for_one(make, tmp_path):
    supply = make(posture()).take(spec_for(tmp_path, ""), Interpreter("provided.al2"))
    assert supply.places.language == ""
    assert supply.places.is_lambda


def test_without_namespaces_an_environment_gets_folders_of_its_own(make, tmp_path):
    store = make(posture(namespaces=False, own_user=False))
    spec = spec_for(tmp_path, "")
    supply = store.take(spec, INTERPRETER)
    assert supply.user == 0
    assert supply.places.task == f"{tmp_path}/code/{spec.code_digest}"
    assert supply.places.scratch == supply.scratch
    assert os.listdir(supply.scratch) == []
    store.give_back(supply)
    assert not os.path.exists(supply.scratch)


def test_a_user_that_could_not_reach_its_interpreter_is_not_used(make, tmp_path, monkeypatch):
    store = make(posture(namespaces=False))
    monkeypatch.setattr(supplies, "PROGRAMS", "/usr")
    tmp_path.chmod(0o700)
    assert store.take(spec_for(tmp_path, ""), INTERPRETER).user == 0


def test_leftovers_of_a_killed_server_are_removed(make, tmp_path):
    (tmp_path / "scratch" / "old").mkdir(parents=True)
    make(posture())
    assert os.listdir(tmp_path / "scratch") == []


def test_a_group_that_is_still_busy_is_removed_later(make, tmp_path):
    groups = FakeGroups()
    store = make(posture(groups))
    supply = store.take(spec_for(tmp_path, ""), INTERPRETER)
    store.give_back(supply)
    assert supply.group.attempts == 1
    store.close()
    assert (supply.group.attempts, groups.removed) == (2, True)


def test_a_kernel_that_refuses_makes_the_sandbox_unavailable(make, tmp_path):
    groups = FakeGroups()
    groups.refuses = True
    with pytest.raises(SandboxUnavailable, match="No space left"):
        make(posture(groups)).take(spec_for(tmp_path, ""), INTERPRETER)


def test_templates_have_runs_of_users_that_no_other_environment_has(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "TEMPLATE_USERS_COUNT", 2)
    monkeypatch.setattr(limits, "TEMPLATE_USER_COUNT", 2)
    store = Supplies(posture(), folder=str(tmp_path), code_folder=str(tmp_path))
    runs = [store.take_users(), store.take_users()]
    assert {run.first for run in runs} == {30_000, 30_002}
    with pytest.raises(NoUsersLeft):
        store.take_users()
    spec = spec_for(tmp_path, "x = 1")
    taken = [store.take(spec, INTERPRETER, runs[0]) for _ in range(2)]
    assert sorted(one.user for one in taken) == [runs[0].first, runs[0].first + 1]
    assert runs[0].is_empty
    with pytest.raises(SandboxUnavailable, match="no user id left"):
        store.take(spec, INTERPRETER, runs[0])
    store.give_back(taken[0])
    assert store.take(spec, INTERPRETER, runs[0]).user == taken[0].user
    store.give_back_users(runs[0])
    assert store.take_users().first == runs[0].first


def test_a_copy_has_a_user_of_its_templates_and_others_one_of_all(tmp_path):
    store = Supplies(posture(), folder=str(tmp_path), code_folder=str(tmp_path))
    run = store.take_users()
    assert store.users_for(INTERPRETER, run) is run
    spec = spec_for(tmp_path, "x = 1")
    assert store.users_for(INTERPRETER) is store.take(spec, INTERPRETER).users
    assert store.users_for(INTERPRETER) not in (None, run)


def test_templates_share_a_user_where_all_do(tmp_path):
    store = Supplies(posture(own_user=False), folder=str(tmp_path), code_folder=str(tmp_path))
    assert store.take_users() is None
    assert store.users_for(INTERPRETER) is None


@pytest.mark.slow
def test_a_folder_without_end_neither_stops_the_next_start_nor_keeps_the_user(tmp_path, make):
    chosen = posture(namespaces=False)
    store = make(chosen)
    supply = store.take(spec_for(tmp_path, ""), INTERPRETER)
    make_deep(supply.scratch)
    assert os.listdir(make(chosen)._scratch) == []  # The server was killed meanwhile.
    os.mkdir(supply.scratch)
    make_deep(supply.scratch)
    store.give_back(supply)
    assert not os.path.exists(supply.scratch)
