"""Control groups of both versions are made, limited, read and removed."""

import os

import pytest

from headrace.sandbox import cgroups
from headrace.sandbox.cgroups import cpu_quota_us


@pytest.mark.parametrize(
    "memory_mb, expected", [(128, 7_235), (1769, 100_000), (3538, 200_000), (1, 1_000)]
)
def test_cpu_follows_memory(memory_mb, expected):
    assert cpu_quota_us(memory_mb) == expected


def make_version2(tmp_path, controllers="cpu memory pids"):
    """Lay out a group of version 2 as a folder; return the texts of /proc."""
    home = tmp_path / "service"
    home.mkdir()
    for name in ("cgroup.controllers", "cgroup.subtree_control"):
        (home / name).write_text(controllers if "controllers" in name else "")
    for name in ("server", "headrace-9-g"):
        (home / name).mkdir()
    (home / "server" / "cgroup.procs").write_text("")
    (home / "headrace-9-g" / "cgroup.subtree_control").write_text("")
    mounts = f"cgroup2 {tmp_path} cgroup2 rw 0 0\n"
    return home, "0::/service\n", mounts


def make_files(folder, *names):
    for name in names:
        (folder / name).write_text("")


def test_version_2_moves_the_server_into_a_leaf_and_gives_out_controllers(tmp_path):
    home, own, mounts = make_version2(tmp_path)
    cgroups._Version2Groups(own, mounts, 9, "headrace-9-g")
    assert (home / "server" / "cgroup.procs").read_text() == "9"
    assert (home / "cgroup.subtree_control").read_text() == "+memory +pids +cpu"
    assert (home / "headrace-9-g" / "cgroup.subtree_control").read_text() == "+memory +pids +cpu"


def test_version_2_writes_the_limits_and_reads_the_facts(tmp_path, monkeypatch):
    home, own, mounts = make_version2(tmp_path)
    groups = cgroups._Version2Groups(own, mounts, 9, "headrace-9-g")
    folder = home / "headrace-9-g" / "e"
    names = ("memory.max", "memory.swap.max", "memory.oom.group", "pids.max", "cpu.max")
    real_mkdir = os.mkdir

    def mkdir_with_files(path, *arguments):
        real_mkdir(path, *arguments)
        make_files(folder, *names, "cgroup.procs", "memory.events", "memory.peak")

    monkeypatch.setattr(cgroups.os, "mkdir", mkdir_with_files)
    group = groups.create("e", 128)
    group.limit_cpu(1769)
    assert [(folder / name).read_text() for name in names] == [
        "134217728", "0", "1", "1024", "100000 100000",
    ]  # fmt: skip
    (folder / "memory.events").write_text("low 0\noom 1\noom_kill 2\noom_group_kill 0\n")
    (folder / "memory.peak").write_text("4096\n")
    assert group.oom_kill_count() == 2
    assert group.memory_peak_bytes() == 4096
    (folder / "memory.peak").unlink()
    assert group.memory_peak_bytes() == 0
    (descriptor,) = group.joining_descriptors()
    os.close(descriptor)
    assert not group.remove()


@pytest.mark.parametrize("controllers", ["cpu", "memory", ""])
def test_version_2_without_its_controllers_is_not_used(tmp_path, controllers):
    _, own, mounts = make_version2(tmp_path, controllers)
    with pytest.raises(LookupError):
        cgroups._Version2Groups(own, mounts, 9, "headrace-9-g")


def test_groups_of_dead_servers_are_removed_and_those_of_living_ones_stay(tmp_path):
    dead, living = tmp_path / "headrace-99999999-1", tmp_path / f"headrace-{os.getpid()}-1"
    for folder in (dead, living):
        (folder / "environment").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    cgroups._remove_leftovers(str(tmp_path))
    assert sorted(os.listdir(tmp_path)) == [living.name, "other"]


def test_a_real_group_is_limited_and_removed():
    groups = cgroups.find_groups(os.getpid())
    if groups is None:
        pytest.skip("this machine gives no control groups to this process")
    group = groups.create("e", 128)
    descriptors = group.joining_descriptors()
    assert descriptors
    for descriptor in descriptors:
        os.close(descriptor)
    group.limit_cpu(128)
    assert group.oom_kill_count() == 0
    assert group.memory_peak_bytes() >= 0
    assert group.remove()
    assert group.remove()
    groups.remove()
