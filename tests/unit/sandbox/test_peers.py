"""A connection is traced to whoever holds its other end."""

import os
import socket
import subprocess
import sys

import pytest

from headrace.sandbox import peers
from headrace.sandbox.peers import Owner, find_owner, may_speak

CONNECT = (
    "import socket, sys; s = socket.create_connection(('127.0.0.1', int(sys.argv[1]))); "
    "print(s.getsockname()[1], flush=True); sys.stdin.read()"
)


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.mark.parametrize("netlink", [True, False])
def test_the_owner_is_found_by_netlink_and_in_the_list(listener, monkeypatch, netlink):
    def refuse(*_):
        raise OSError

    asked = peers._ask_kernel if netlink else refuse
    monkeypatch.setattr(peers, "_ask_kernel", asked)
    if netlink:
        monkeypatch.setattr(peers, "_search_list", refuse)
    our_port = listener.getsockname()[1]
    with socket.create_connection(("127.0.0.1", our_port)) as ours:
        inode = os.fstat(ours.fileno()).st_ino
        assert find_owner(ours.getsockname()[1], our_port) == Owner(os.getuid(), inode)


def test_nobody_is_found_where_nobody_is(listener):
    assert find_owner(1, listener.getsockname()[1]) is None
    assert not may_speak(1, listener.getsockname()[1], 0, os.getpid())


@pytest.mark.slow
def test_only_processes_below_the_root_may_speak(listener):
    our_port = listener.getsockname()[1]
    child = subprocess.Popen(
        [sys.executable, "-S", "-c", CONNECT, str(our_port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        port = int(child.stdout.readline())
        assert may_speak(port, our_port, 0, os.getpid())
        assert not may_speak(port, our_port, 0, child.pid)  # It has no children.
        with socket.create_connection(("127.0.0.1", our_port)) as mine:
            assert not may_speak(mine.getsockname()[1], our_port, 0, os.getpid())
        assert not may_speak(port, our_port, 20_000, os.getpid())
        assert may_speak(port, our_port, os.getuid() or 0, os.getpid())
    finally:
        child.communicate()
