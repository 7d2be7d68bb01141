"""Process trees are found, stopped and continued as wholes."""

import asyncio
import os
import select
import signal
import subprocess
import sys

import pytest

from headrace.sandbox import trees
from tests.unit.sandbox.bench import state_of


@pytest.fixture
def tree():
    """A shell with a shell with a sleeper; the pids of the two below, and the first one's."""
    process = subprocess.Popen(
        ["sh", "-c", "sh -c 'sleep 1000 & echo up; wait'; true"], stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"up\n"
    below = trees.descendants(process.pid)
    yield process.pid, below
    process.kill()
    for pid in below:
        os.kill(pid, 9)
    process.wait()
    process.stdout.close()


def test_everything_below_is_found_stopped_and_continued(tree):
    root, below = tree
    assert len(below) == 2
    trees.stop_tree(root)
    for pid in below:
        while state_of(pid) not in "TZ":
            os.sched_yield()
    assert state_of(root) != "T"
    trees.continue_tree(root)
    assert [state_of(pid) for pid in below if state_of(pid) == "T"] == []


def test_processes_that_wake_each_other_up_are_stopped_or_the_caller_is_told():
    """Without stopping them again and again, one of them always goes on."""
    waker = "import os, signal\nfor _ in range(2): os.fork()\nos.write(1, b'up\\n')\n"
    # With an end of its own, should this test be killed.
    waker += "import time\nend = time.monotonic() + 60\n"
    waker += "while time.monotonic() < end: os.killpg(0, signal.SIGCONT)\n"
    program = f"import os\nif os.fork(): os.wait()\nelse:\n    os.setsid()\n    exec({waker!r})\n"
    process = subprocess.Popen([sys.executable, "-S", "-c", program], stdout=subprocess.PIPE)
    try:
        for _ in range(4):
            assert process.stdout.readline() == b"up\n"
        held = trees.stop_tree(process.pid)
        running = [
            pid for pid, state in trees.look_below(process.pid).items() if state is trees.Held.NOT
        ]
        assert not (held and running)
    finally:
        for pid in trees.descendants(process.pid):
            os.kill(pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def test_one_that_is_alone_is_looked_at_once_after_it_was_stopped(monkeypatch):
    looks = []
    look = trees.look_below

    def look_below(root):
        looks.append(look(root))
        return looks[-1]

    monkeypatch.setattr(trees, "look_below", look_below)
    process = subprocess.Popen(
        ["sh", "-c", "sleep 1000 & echo up; wait"], stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        assert process.stdout.readline() == b"up\n"
        assert trees.stop_tree(process.pid) is trees.Held.SURELY
        (alone,) = trees.descendants(process.pid)
        assert looks == [{alone: trees.Held.NOT}, looks[1]]
        assert looks[1][alone] is not trees.Held.NOT
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def test_children_of_other_threads_are_found_and_names_may_hold_anything():
    program = (
        "import ctypes, os, subprocess, sys, threading\n"
        "ctypes.CDLL(None).prctl(15, b'a) R 1 (b')\n"
        "def start():\n"
        "    subprocess.Popen(['sleep', '1000'])\n"
        "    os.write(1, b'up\\n')\n"
        "    threading.Event().wait()\n"
        "threading.Thread(target=start).start()\n"
    )
    process = subprocess.Popen(
        ["sh", "-c", f'"$0" -S -c "{program}"; true', sys.executable],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert process.stdout.readline() == b"up\n"
        states = trees.look_below(process.pid)
        assert list(states) == trees.descendants(process.pid)
        assert len(states) == 2
        assert trees.stop_tree(process.pid) is not trees.Held.NOT
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def test_a_process_is_looked_at_before_its_children(tree, monkeypatch):
    """What forks between the two is found to run, or its child is found."""
    root, below = tree
    looks = []
    state_of, children_of = trees._state_of, trees._children_of

    def look_at_state(pid, facts):
        looks.append((pid, "state"))
        return state_of(pid, facts)

    def look_at_children(pid, threads):
        looks.append((pid, "children"))
        return children_of(pid, threads)

    monkeypatch.setattr(trees, "_state_of", look_at_state)
    monkeypatch.setattr(trees, "_children_of", look_at_children)
    trees.look_below(root)
    each = [(pid, what) for pid in below for what in ("state", "children")]
    assert looks == [(root, "children"), *each]


def test_what_is_gone_has_nothing_below_it():
    assert trees.descendants(0) == []
    trees.stop_tree(0)


def test_a_pidfd_tells_its_pid_and_its_end():
    process = subprocess.Popen(["true"])
    handle = os.pidfd_open(process.pid)
    assert trees.pid_of(handle) == process.pid

    async def story():
        await trees.wait_readable(asyncio.get_running_loop(), handle)

    asyncio.run(story())
    process.wait()
    assert trees.pid_of(handle) == 0
    os.close(handle)


def test_giving_up_waiting_takes_the_descriptor_out_of_the_loop():
    async def story():
        loop = asyncio.get_running_loop()
        reader, writer = os.pipe()
        waiting = trees.wait_readable(loop, reader)
        waiting.cancel()
        await asyncio.wait([waiting])
        assert not loop.remove_reader(reader)
        assert select.select([reader], [], [], 0)[0] == []
        os.close(reader)
        os.close(writer)

    asyncio.run(story())


def test_of_a_process_with_many_children_all_are_found():
    """Their pids fill more than what is read at once."""
    count = trees.READ_BYTES // 4
    process = subprocess.Popen(
        ["sh", "-c", f"for i in $(seq {count}); do sleep 1000 & done; echo up; wait"],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert process.stdout.readline() == b"up\n"
        assert len(set(trees.children_of(process.pid))) == count
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
