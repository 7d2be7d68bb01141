"""Hostile functions at every level: each attempt ends as the table says, and the neighbour lives."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from headrace.core.logs.events import GroupKey
from headrace.ports.sandbox import InvokeStatus, SandboxUnavailable
from headrace.sandbox import limits
from headrace.sandbox.trees import descendants
from headrace.store.logs.files import FileLogStore
from headrace.store.logs.writer import Bounds
from tests.conformance.sandbox import hostile
from tests.conformance.sandbox.attempts import ATTEMPTS, NEVER, expected, table
from tests.unit.sandbox.bench import alive, answer, invocation, make_archive, open_to_all, state_of

HOSTILE = Path(hostile.__file__).read_text()
MEMORY_MB = 128
#: A thousand processes take long to make with the processor time that 128 MB give.
MEMORY_MB_OF_MANY = 1_769
MANY = ("spawn_without_end", "pile_up_zombies")
MIB = 1_048_576
MEMORY_KEY = 0x48D4ACE
#: The neighbour keeps a secret in its temporary folder and shares memory with everyone.
NEIGHBOUR = f"""
import ctypes, os, tempfile
path = os.path.join(tempfile.gettempdir(), "secret")
with open(path, "w") as file:
    file.write("secret of the neighbour")
ctypes.CDLL(None).shmget({MEMORY_KEY}, 4096, 0o1666)
def handler(e, c):
    return [e, open(path).read(), path, os.getpid()]
"""


class Prey:
    """What the attempts are aimed at: a neighbour, a server's files and sockets, a process."""

    def __init__(self, bench, folder, source=HOSTILE, **changes):
        """Keep, too, what its attackers are made of: a source, or an image among `changes`."""
        self.bench = bench
        self.source = source
        self.changes = changes
        self.folder = folder
        self.stack = contextlib.ExitStack()

    async def __aenter__(self):
        (self.folder / "journal").write_text("secret of the server")
        self.decoy = subprocess.Popen(["sleep", "600"])
        self.stack.callback(self.decoy.wait)
        self.stack.callback(self.decoy.kill)
        self.abstract = f"headrace-prey-{os.getpid()}-{os.urandom(4).hex()}"
        for address in ("\0" + self.abstract, str(self.folder / "socket")):
            listener = self.stack.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(address)
            listener.listen()
        listener = self.stack.enter_context(socket.create_server(("", 0)))
        self.port = listener.getsockname()[1]
        self.neighbour = await self.bench.start(NEIGHBOUR)
        self.shown = await self.ask()
        return self

    async def __aexit__(self, *_):
        self.stack.close()
        forget_shared_memory()

    async def send_attacker(self, name, take_log=None):
        """Start an environment that is to make an attempt."""
        changes = {
            "memory_mb": MEMORY_MB_OF_MANY if name in MANY else MEMORY_MB,
            "network": "none" if name.endswith("without_network") else "host",
        }
        take_log = take_log or (lambda text: None)
        return await self.bench.start(self.source, take_log, **changes, **self.changes)

    async def watch(self, name, attacker, level):
        """Return how an attempt ends, while the neighbour must answer again and again."""
        trying = asyncio.create_task(attempt_it(name, self, attacker, level))
        while not trying.done():
            assert await self.ask() == self.shown
            await asyncio.wait([trying], timeout=0.1)
        return await trying

    async def ask(self):
        """Return what the neighbour answers."""
        return answer(await self.neighbour.invoke(invocation("alive")))

    def event(self, name, level, **more):
        """Return the event for one attempt, with all that an attacker could know."""
        _, digest = make_archive(self.folder, {"app.py": NEIGHBOUR})
        return {
            "attempt": name,
            "namespaces": level in ("namespace", "strict"),
            "server": os.getpid(),
            "decoy": self.decoy.pid,
            "neighbour": self.neighbour.processes.pid,
            "code": f"{self.bench.box._code}/{digest}/app.py",
            "tmp_file": self.shown[2],
            "server_file": str(self.folder / "journal"),
            "server_socket": str(self.folder / "socket"),
            "abstract": self.abstract,
            "port": self.port,
            "addresses": addresses_of_this_machine(),
            "memory_key": MEMORY_KEY,
            "memory_mb": MEMORY_MB,
            "storage_mb": 512,
            "inodes": 512 * MIB // limits.BYTES_PER_INODE,
            "flood_mb": 64,
            **more,
        }


def forget_shared_memory():
    """Remove the neighbour's shared memory where it lies in this machine's own namespace."""
    libc = hostile.libc
    key = libc.shmget(MEMORY_KEY, 4096, 0)
    if key >= 0:
        libc.shmctl(key, 0, None)


def addresses_of_this_machine():
    """Return loopback's, and the one by which others are reached where there is one."""
    found = ["127.0.0.1"]
    with contextlib.suppress(OSError), socket.socket(type=socket.SOCK_DGRAM) as line:
        line.connect(("192.0.2.1", 9))  # Nothing is sent by that.
        found.append(line.getsockname()[0])
    return found


def user_of(keeper):
    """Return the user id of the runtime below a keeper, 0 if it is the server's own."""
    user = os.stat(f"/proc/{descendants(keeper)[0]}").st_uid
    return 0 if user == os.getuid() else user


def ended_for_the_server(event):
    """Return how an attempt ends for this process."""
    program = "import hostile, json, sys; print(hostile.handler(json.loads(sys.argv[1]), None))"
    command = [sys.executable, "-c", program, json.dumps(event)]
    folder = Path(hostile.__file__).parent
    return subprocess.check_output(command, cwd=folder, text=True).strip()


async def stay(prey, attacker, level, *, spin):
    """Leave what will not die; return whether it outlived its environment."""
    token = f"stay-{os.getpid()}-{os.urandom(4).hex()}"
    event = prey.event("stay", level, token=token, spin=spin)
    outcome = await attacker.invoke(invocation(event, 1_500 if spin else 20_000))
    if spin:
        assert outcome.status is InvokeStatus.TIMED_OUT
    else:
        assert outcome.status is InvokeStatus.ANSWERED
        assert alive(token)
    await attacker.kill()
    return "succeeded" if alive(token) else "refused"


async def run_frozen(prey, attacker, level):
    """Freeze what will not stop; return whether it runs on."""
    answer(await attacker.invoke(invocation(prey.event("resist_freezing", level))))
    attacker.freeze()
    seen = [True]
    for _ in range(100):  # A stop, or a kill of what will not stop, takes a moment.
        await asyncio.sleep(0.01)
        seen.append(
            any(state_of_any(pid) not in "TZX" for pid in descendants(attacker.processes.pid))
        )
    if any(seen[50:]):
        return "succeeded"
    return "refused"


def state_of_any(pid):
    """Return the state of a process, X when it is gone."""
    try:
        return state_of(pid)
    except OSError:
        return "X"


async def flood(prey, level):
    """Write much log; return whether more of it lies on the disk than streams may have."""
    folder = prey.folder / "logs"
    group = GroupKey(16, "g")
    store = FileLogStore(folder, Bounds(stream_bytes=4 * MIB), waiting_bytes_max=MIB)
    try:
        attacker = await prey.send_attacker(
            "flood_the_log",
            lambda text: store.write(group, "s", time.time_ns() // 1_000_000, text),
        )
        event = prey.event("flood_the_log", level)
        assert answer(await attacker.invoke(invocation(event, 50_000))) == "written"
    finally:
        await store.close()
    kept = sum(path.stat().st_size for path in folder.glob("*/*"))
    assert kept >= 4 * MIB
    return "succeeded" if kept > 2 * (4 + 1) * MIB else "refused"


async def attempt_it(name, prey, attacker, level):
    """Make one attempt; return how it ended."""
    if name == "stay_after_the_end":
        return await stay(prey, attacker, level, spin=False)
    if name == "stay_after_the_time_limit":
        return await stay(prey, attacker, level, spin=True)
    if name == "flood_the_log":
        return await flood(prey, level)
    if name == "run_while_frozen":
        return await run_frozen(prey, attacker, level)
    outcome = await attacker.invoke(invocation(prey.event(name, level), 50_000))
    if outcome.status is InvokeStatus.ANSWERED:
        return json.loads(outcome.payload)
    if name.startswith("take_memory"):
        assert outcome.status is InvokeStatus.OUT_OF_MEMORY or outcome.error_type == "MemoryError"
    assert outcome.status in {InvokeStatus.OUT_OF_MEMORY, InvokeStatus.KILLED, InvokeStatus.ERROR}
    assert outcome.status is not InvokeStatus.ERROR or outcome.error_type in {
        "MemoryError",
        "OSError",
    }
    return "refused"


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda one: one.name)
def test_an_attempt_ends_as_the_table_says_and_the_neighbour_answers(bench, tmp_path, attempt):
    open_to_all(tmp_path)
    posture = bench.box._posture

    async def story():
        async with bench, Prey(bench, tmp_path) as prey:
            if getattr(attempt, posture.level) == NEVER:
                with pytest.raises(SandboxUnavailable):
                    await prey.send_attacker(attempt.name)
                return
            attacker = await prey.send_attacker(attempt.name)
            ended = await prey.watch(attempt.name, attacker, posture.level)
            wanted = expected(attempt, posture, user_of(prey.neighbour.processes.pid))
            if wanted == "as for the server":
                wanted = ended_for_the_server(prey.event(attempt.name, posture.level))
            assert ended == wanted
            await attacker.kill()
            assert await prey.ask() == prey.shown

    bench.run(story())


def test_doors_of_the_kernel_are_shut_from_restricted_on(bench, level):
    async def story():
        async with bench:
            event = {"attempt": "open_doors"}
            found = answer(await bench.call(HOSTILE, event))
            if level == "process":
                program = "import hostile, json; print(json.dumps(hostile.open_doors({})))"
                folder = Path(hostile.__file__).parent
                done = subprocess.run(
                    [sys.executable, "-c", program], cwd=folder, capture_output=True, check=True
                )
                assert sorted(found) == sorted(json.loads(done.stdout))
            else:
                assert found == []

    bench.run(story())


def test_the_documents_show_the_table():
    text = (Path(__file__).parents[3] / "docs" / "SANDBOX.md").read_text()
    assert table() in text
