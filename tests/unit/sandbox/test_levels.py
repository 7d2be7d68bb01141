"""The level is the highest that the machine allows, or the one asked for, or none."""

import msgspec
import pytest

from headrace.ports.sandbox import SandboxUnavailable
from headrace.sandbox import levels
from headrace.sandbox.levels import (
    Probed,
    choose_posture,
    find_posture,
    highest_level,
    probe_machine,
)

ROOT = Probed(
    pidfd=True, subreaper=True, namespaces=True, user_namespace=True, seccomp=True, landlock=7,
    change_user=True,
)  # fmt: skip
USER = msgspec.structs.replace(ROOT, namespaces=False, change_user=False)
DOCKER = msgspec.structs.replace(ROOT, namespaces=False, user_namespace=False)
OLD = msgspec.structs.replace(DOCKER, landlock=0)


class Groups:
    """Stands for control groups."""

    version = 2
    removed = 0

    def remove(self):
        self.removed += 1


GROUPS = Groups()


@pytest.mark.parametrize(
    "probed, groups, expected",
    [
        (ROOT, GROUPS, "strict"),
        (ROOT, None, "namespace"),
        (USER, GROUPS, "namespace"),
        (USER, None, "namespace"),
        (DOCKER, None, "restricted"),
        (OLD, None, "process"),
    ],
)
def test_the_level_follows_from_what_was_possible(probed, groups, expected):
    assert highest_level(probed, groups) == expected
    chosen = choose_posture(probed, groups=groups, level=None, minimum="process")
    assert chosen.level == expected


def test_a_machine_without_pidfds_has_no_sandbox():
    with pytest.raises(SandboxUnavailable, match=r"Linux 5\.3"):
        highest_level(msgspec.structs.replace(ROOT, pidfd=False), None)


@pytest.mark.parametrize(
    "level, minimum, text",
    [
        ("strict", "process", "allows sandbox level 'namespace', not 'strict'"),
        ("process", "restricted", "below the configured minimum 'restricted'"),
        (None, "strict", "below the configured minimum 'strict'"),
        ("best", "process", "no sandbox level 'best'"),
        (None, "best", "no sandbox level 'best'"),
    ],
)
def test_a_level_that_cannot_be_had_is_refused(level, minimum, text):
    with pytest.raises(SandboxUnavailable, match=text):
        choose_posture(USER, groups=None, level=level, minimum=minimum)


def test_each_level_takes_what_the_one_below_has_and_more():
    def posture(level):
        return choose_posture(ROOT, groups=GROUPS, level=level, minimum="process")

    process, restricted, namespace, strict = map(
        posture, ("process", "restricted", "namespace", "strict")
    )
    assert (process.fences, process.namespaces, process.own_user) == (False, False, False)
    assert (restricted.fences, restricted.namespaces, restricted.landlock) == (True, False, 7)
    assert (namespace.namespaces, namespace.user_namespace, namespace.own_user) == (
        True, True, False,
    )  # fmt: skip
    assert (strict.namespaces, strict.user_namespace, strict.own_user) == (True, False, True)


@pytest.mark.slow
def test_the_probe_leaves_nothing_behind(tmp_path):
    probed = probe_machine(str(tmp_path))
    assert probed.pidfd
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_refusal_takes_back_the_control_groups_that_were_tried(tmp_path, monkeypatch):
    groups = Groups()
    monkeypatch.setattr(levels, "find_groups", lambda _: groups)
    with pytest.raises(SandboxUnavailable):
        find_posture(str(tmp_path), level="best", minimum="process", cgroups=True)
    assert groups.removed == 1
