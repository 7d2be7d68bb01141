"""Control groups: memory, process count and CPU of each environment, versions 1 and 2.

A group belongs to one environment, through all its resets, and is removed with it. It is never
killed as a group: one that was once kills whatever joins it later. Groups lie below the server's
own, in a group named after the server's pid, so that a later server can remove what a killed one
left.
"""

import contextlib
import itertools
import os
from typing import Protocol

from headrace.sandbox import limits

_MEGABYTE = 1_048_576
_PREFIX = "headrace-"
#: Tells the groups of several sandboxes in one server apart.
_numbers = itertools.count(1)


class Group(Protocol):
    """The control group of one environment."""

    def joining_descriptors(self) -> list[int]:
        """Open the files through which a process joins; the caller closes them."""
        ...

    def limit_cpu(self, memory_mb: int) -> None:
        """Give CPU by memory, as Lambda does."""
        ...

    def free_cpu(self) -> None:
        """Give all the CPU that there is."""
        ...

    def oom_kill_count(self) -> int:
        """Return how many processes the kernel has killed here for want of memory."""
        ...

    def memory_peak_bytes(self) -> int:
        """Return the most memory used at a time; 0 when the kernel does not say."""
        ...

    def remove(self) -> bool:
        """Remove the group; return False if that has to be tried again later."""
        ...


class Groups(Protocol):
    """Where environments get their control groups."""

    version: int

    def create(self, name: str, memory_mb: int) -> Group:
        """Make a group and set its limits.

        Raises:
            OSError: The kernel refuses.
        """
        ...

    def remove(self) -> None:
        """Remove the server's group."""
        ...


def find_groups(server_pid: int) -> Groups | None:
    """Return the version that works here, tried by making a group; None if none does."""
    try:
        own = _read("/proc/self/cgroup")
        mounts = _read("/proc/self/mounts")
    except OSError:
        return None
    for kind in (_Version2Groups, _Version1Groups):
        groups: Groups | None = None
        try:
            groups = kind(own, mounts, server_pid, f"{_PREFIX}{server_pid}-{next(_numbers)}")
            trial = groups.create("trial", 128)
            trial.limit_cpu(128)
            for descriptor in trial.joining_descriptors():
                os.close(descriptor)
            trial.oom_kill_count()
            trial.remove()
            return groups
        except (OSError, LookupError):
            if groups is not None:
                with contextlib.suppress(OSError):
                    groups.remove()
    return None


def cpu_quota_us(memory_mb: int) -> int:
    """Return the CPU time per period that this much memory buys, in µs."""
    return max(
        memory_mb * limits.CPU_PERIOD_US // limits.MEMORY_MB_PER_CPU, limits.CPU_QUOTA_US_MIN
    )


class _Version1Group:
    def __init__(self, folders: dict[str, str]) -> None:
        self._folders = folders
        self._peak = -1

    def joining_descriptors(self) -> list[int]:
        return [
            os.open(f"{folder}/cgroup.procs", os.O_WRONLY | os.O_CLOEXEC)
            for folder in self._folders.values()
        ]

    def limit_cpu(self, memory_mb: int) -> None:
        if "cpu" in self._folders:
            _write(f"{self._folders['cpu']}/cpu.cfs_quota_us", str(cpu_quota_us(memory_mb)))

    def free_cpu(self) -> None:
        if "cpu" in self._folders:
            _write(f"{self._folders['cpu']}/cpu.cfs_quota_us", "-1")

    def oom_kill_count(self) -> int:
        text = _read(f"{self._folders['memory']}/memory.oom_control")
        return _keyed(text, "oom_kill")

    def memory_peak_bytes(self) -> int:
        if self._peak < 0:
            path = f"{self._folders['memory']}/memory.max_usage_in_bytes"
            self._peak = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        return int(os.pread(self._peak, 32, 0))

    def remove(self) -> bool:
        if self._peak >= 0:
            os.close(self._peak)
            self._peak = -1
        left = [folder for folder in self._folders.values() if not _remove_folder(folder)]
        return not left


class _Version1Groups:
    version = 1

    def __init__(self, own: str, mounts: str, server_pid: int, group: str) -> None:
        self._bases: dict[str, str] = {}
        for line in own.splitlines():
            _, names, path = line.split(":", 2)
            for name in names.split(","):
                if name in ("memory", "pids", "cpu"):
                    mounted = _mount_point(mounts, "cgroup", name)
                    self._bases[name] = f"{mounted}{path.rstrip('/')}/{group}"
        if "memory" not in self._bases or "pids" not in self._bases:
            raise LookupError("no memory or no pids controller of version 1")
        for folder in self._bases.values():
            _remove_leftovers(os.path.dirname(folder))
            os.makedirs(folder, exist_ok=True)

    def create(self, name: str, memory_mb: int) -> Group:
        folders = {kind: f"{base}/{name}" for kind, base in self._bases.items()}
        for folder in folders.values():
            os.mkdir(folder)
        memory = folders["memory"]
        _write(f"{memory}/memory.limit_in_bytes", str(memory_mb * _MEGABYTE))
        if os.path.exists(f"{memory}/memory.memsw.limit_in_bytes"):
            _write(f"{memory}/memory.memsw.limit_in_bytes", str(memory_mb * _MEGABYTE))
        _write(f"{folders['pids']}/pids.max", str(limits.PROCESS_COUNT_MAX))
        return _Version1Group(folders)

    def remove(self) -> None:
        for base in self._bases.values():
            _remove_tree(base)


class _Version2Group:
    def __init__(self, folder: str) -> None:
        self._folder = folder

    def joining_descriptors(self) -> list[int]:
        return [os.open(f"{self._folder}/cgroup.procs", os.O_WRONLY | os.O_CLOEXEC)]

    def limit_cpu(self, memory_mb: int) -> None:
        if os.path.exists(f"{self._folder}/cpu.max"):
            _write(f"{self._folder}/cpu.max", f"{cpu_quota_us(memory_mb)} {limits.CPU_PERIOD_US}")

    def free_cpu(self) -> None:
        if os.path.exists(f"{self._folder}/cpu.max"):
            _write(f"{self._folder}/cpu.max", f"max {limits.CPU_PERIOD_US}")

    def oom_kill_count(self) -> int:
        return _keyed(_read(f"{self._folder}/memory.events"), "oom_kill")

    def memory_peak_bytes(self) -> int:
        try:
            return int(_read(f"{self._folder}/memory.peak"))
        except FileNotFoundError:
            return 0  # Before Linux 5.19.

    def remove(self) -> bool:
        return _remove_folder(self._folder)


class _Version2Groups:
    version = 2

    def __init__(self, own: str, mounts: str, server_pid: int, group: str) -> None:
        path = next((line[3:] for line in own.splitlines() if line.startswith("0::")), None)
        if path is None:
            raise LookupError("no control groups of version 2")
        home = _mount_point(mounts, "cgroup2", "") + path.rstrip("/")
        if not {"memory", "pids"} <= set(_read(f"{home}/cgroup.controllers").split()):
            raise LookupError("no memory or no pids controller of version 2")
        _remove_leftovers(home)
        self._base = f"{home}/{group}"
        os.makedirs(self._base, exist_ok=True)
        # A group with processes of its own may not give controllers to its children: the server
        # moves down into a leaf first. Refused where others live in the same group.
        if path not in ("", "/"):
            os.makedirs(f"{home}/server", exist_ok=True)
            _write(f"{home}/server/cgroup.procs", str(server_pid))
        offered = [
            f"+{name}"
            for name in ("memory", "pids", "cpu")
            if name in _read(f"{home}/cgroup.controllers").split()
        ]
        _write(f"{home}/cgroup.subtree_control", " ".join(offered))
        _write(f"{self._base}/cgroup.subtree_control", " ".join(offered))

    def create(self, name: str, memory_mb: int) -> Group:
        folder = f"{self._base}/{name}"
        os.mkdir(folder)
        _write(f"{folder}/memory.max", str(memory_mb * _MEGABYTE))
        if os.path.exists(f"{folder}/memory.swap.max"):
            _write(f"{folder}/memory.swap.max", "0")
        _write(f"{folder}/memory.oom.group", "1")
        _write(f"{folder}/pids.max", str(limits.PROCESS_COUNT_MAX))
        return _Version2Group(folder)

    def remove(self) -> None:
        _remove_tree(self._base)


def _mount_point(mounts: str, kind: str, option: str) -> str:
    for line in mounts.splitlines():
        _, place, found, options, *_ = line.split(" ")
        if found == kind and (not option or option in options.split(",")):
            return place
    raise LookupError(f"{kind} {option} is not mounted")


def _remove_leftovers(folder: str) -> None:
    """Remove the groups of servers that are no longer alive."""
    for name in os.listdir(folder):
        pid = name.removeprefix(_PREFIX).partition("-")[0]
        if name.startswith(_PREFIX) and pid.isdigit() and not os.path.exists(f"/proc/{pid}"):
            _remove_tree(f"{folder}/{name}")


def _remove_tree(folder: str) -> None:
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            if entry.is_dir():
                _remove_folder(entry.path)
    _remove_folder(folder)


def _remove_folder(folder: str) -> bool:
    try:
        os.rmdir(folder)
    except FileNotFoundError:
        return True
    except OSError:
        return False  # EBUSY: the last process has not quite gone.
    return True


def _keyed(text: str, key: str) -> int:
    for line in text.splitlines():
        name, _, value = line.partition(" ")
        if name == key:
            return int(value)
    return 0


def _read(path: str) -> str:
    with open(path) as file:
        return file.read()


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
