"""The four levels of isolation, and which of them this machine allows.

Found by doing: a short program (`child/probe.py`) tries every step in children that may fail.
What each level guarantees stands in docs/SANDBOX.md.
"""

import os
import subprocess
import sys

import msgspec

from headrace.ports.sandbox import SandboxUnavailable
from headrace.sandbox import limits
from headrace.sandbox.cgroups import Groups, find_groups

LEVELS = ("process", "restricted", "namespace", "strict")
PROGRAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "child")


class Probed(msgspec.Struct, frozen=True):
    """What this machine let the probe do."""

    pidfd: bool
    subreaper: bool
    namespaces: bool  #: Without a user namespace, that is as root.
    user_namespace: bool  #: With one, as anybody.
    seccomp: bool
    landlock: int  #: ABI version, 0 for none.
    change_user: bool


class Posture(msgspec.Struct, frozen=True):
    """What the sandbox will do: a level and its means."""

    level: str
    namespaces: bool
    user_namespace: bool
    fences: bool  #: Capabilities, no_new_privs, and the two below where there are any.
    seccomp: bool
    landlock: int
    own_user: bool  #: Each environment has a user id of its own.
    groups: Groups | None


def probe_machine(folder: str) -> Probed:
    """Try everything; takes about 0.1 s.

    Raises:
        SandboxUnavailable: The probe did not answer.
    """
    command = [sys.executable, "-I", "-S", f"{PROGRAMS}/probe.py", folder]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=limits.ZYGOTE_START_S,
            check=True,
            start_new_session=True,
        )
        return msgspec.json.decode(done.stdout, type=Probed)
    except (OSError, subprocess.SubprocessError, msgspec.DecodeError) as error:
        raise SandboxUnavailable(f"The machine could not be probed: {error}") from error


def choose_posture(
    probed: Probed, *, groups: Groups | None, level: str | None, minimum: str
) -> Posture:
    """Return the highest level that the machine allows, or the one asked for.

    Args:
        level: A level to force, None for the highest.
        minimum: The lowest level that is acceptable.

    Raises:
        SandboxUnavailable: The level is not to be had, or lies below the minimum.
    """
    for name in (level or LEVELS[0], minimum):
        if name not in LEVELS:
            raise SandboxUnavailable(f"There is no sandbox level {name!r}.")
    highest = highest_level(probed, groups)
    chosen = level or highest
    if LEVELS.index(chosen) > LEVELS.index(highest):
        raise SandboxUnavailable(f"This machine allows sandbox level {highest!r}, not {chosen!r}.")
    if LEVELS.index(chosen) < LEVELS.index(minimum):
        raise SandboxUnavailable(
            f"Sandbox level {chosen!r} lies below the configured minimum {minimum!r}."
        )
    rank = LEVELS.index(chosen)
    namespaces = rank >= LEVELS.index("namespace")
    fences = rank >= LEVELS.index("restricted")
    # Asked for by name, "namespace" means what an ordinary user gets: it needs no rights of root.
    user_namespace = namespaces and (
        not probed.namespaces or (level == "namespace" and probed.user_namespace)
    )
    return Posture(
        level=chosen,
        namespaces=namespaces,
        user_namespace=user_namespace,
        fences=fences,
        seccomp=fences and probed.seccomp,
        landlock=probed.landlock if fences else 0,
        own_user=fences and probed.change_user and not user_namespace,
        groups=groups,
    )


def highest_level(probed: Probed, groups: Groups | None) -> str:
    """Return the name of the highest level that the machine allows.

    Raises:
        SandboxUnavailable: Not even a process can be watched and killed for sure.
    """
    if not probed.pidfd or not probed.subreaper:
        raise SandboxUnavailable("The sandbox needs Linux 5.3 or later.")
    if probed.namespaces and probed.change_user and probed.seccomp and groups is not None:
        return "strict"
    if (probed.namespaces or probed.user_namespace) and probed.seccomp:
        return "namespace"
    if probed.seccomp and probed.landlock:
        return "restricted"
    return "process"


def find_posture(folder: str, *, level: str | None, minimum: str, cgroups: bool) -> Posture:
    """Probe this machine and choose."""
    probed = probe_machine(folder)
    groups = find_groups(os.getpid()) if cgroups else None
    try:
        return choose_posture(probed, groups=groups, level=level, minimum=minimum)
    except SandboxUnavailable:
        if groups is not None:
            groups.remove()
        raise
