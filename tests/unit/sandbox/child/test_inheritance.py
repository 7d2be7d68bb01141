"""What a fork would share is found and taken apart; tried in children of this process."""

import json
import mmap
import os
import select
import socket
import tempfile
import threading
import types

import pytest

from headrace.sandbox.child import inheritance


def in_child(act):
    """Return what an act returns in a forked child."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(writer, json.dumps(act()).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader, "rb") as file:
        text = file.read()
    os.waitpid(pid, 0)
    return json.loads(text)


def test_a_file_is_opened_again_at_its_position_with_its_flags(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
    os.lseek(descriptor, 4, os.SEEK_SET)

    def act():
        others = {
            number for number in map(int, os.listdir("/proc/self/fd")) if number != descriptor
        }
        inheritance.come_apart(others)
        read = os.read(descriptor, 2).decode()
        os.write(descriptor, b"ab")
        return [read, os.get_inheritable(descriptor), os.get_blocking(descriptor)]

    try:
        assert in_child(act) == ["45", False, True]
        # The child has read and written, and we stand where we stood.
        assert os.lseek(descriptor, 0, os.SEEK_CUR) == 4
        assert path.read_bytes() == b"0123456789ab"
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("put", [None, os.mkfifo, os.mkdir])
def test_a_file_that_cannot_be_opened_again_is_dead(tmp_path, put):
    """It has gone, or something else is in its place, on which nobody waits."""
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    descriptor = os.open(path, os.O_RDONLY)

    def act():
        os.unlink(path)
        if put is not None:
            put(path)
        others = {
            number for number in map(int, os.listdir("/proc/self/fd")) if number != descriptor
        }
        inheritance.come_apart(others)
        return os.read(descriptor, 2).decode()

    try:
        assert in_child(act) == ""
    finally:
        os.close(descriptor)


def test_a_socket_is_dead_and_ours_goes_on():
    ours, theirs = socket.socketpair()

    def act():
        others = {
            number for number in map(int, os.listdir("/proc/self/fd")) if number != ours.fileno()
        }
        inheritance.come_apart(others)
        try:
            return ours.recv(10).decode() + str(ours.send(b"x"))
        except BrokenPipeError:
            return "broken"

    with ours, theirs:
        assert in_child(act) == "broken"
        ours.send(b"alive")
        assert theirs.recv(10) == b"alive"


@pytest.mark.parametrize(
    ("path", "fault"),
    [("/dev/urandom", ""), ("/proc/self/maps", ""), ("/tmp", "")],
)
def test_what_can_be_opened_again_is_no_obstacle(path, fault):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        assert inheritance.find_fault(descriptor) == fault
    finally:
        os.close(descriptor)


def test_a_socket_is_no_obstacle_but_a_pipe_and_an_epoll_are():
    with socket.socket() as line, select.epoll() as epoll:
        assert inheritance.find_fault(line.fileno()) == ""
        assert "eventpoll" in inheritance.find_fault(epoll.fileno())
    reader, writer = os.pipe()
    try:
        assert "pipe:" in inheritance.find_fault(reader)
    finally:
        os.close(reader)
        os.close(writer)


def test_a_deleted_file_is_an_obstacle():
    with tempfile.TemporaryFile() as file:
        assert "deleted" in inheritance.find_fault(file.fileno())


def test_only_what_is_open_and_not_ours_is_looked_at():
    with socket.socket() as line:
        before = set(inheritance.open_descriptors(()))
        assert line.fileno() in before
        assert set(inheritance.open_descriptors({line.fileno()})) == before - {line.fileno()}


def test_shared_memory_is_an_obstacle():
    assert in_child(inheritance.maps_shared_memory) is False

    def act():
        with mmap.mmap(-1, 4096):
            return inheritance.maps_shared_memory()

    assert in_child(act) is True


def test_threads_are_counted_after_a_fork():
    assert in_child(inheritance.count_threads) == 1

    def act():
        threading.Thread(target=threading.Event().wait, daemon=True).start()
        return inheritance.count_threads()

    assert in_child(act) == 2


def test_variables_are_changed_where_the_platform_changed_them(monkeypatch):
    monkeypatch.setattr(os, "environ", {"SAME": "mine", "TOKEN": "old", "GONE": "x", "OWN": "1"})
    inheritance.renew_variables(
        {"SAME": "a", "TOKEN": "old", "GONE": "x"}, {"SAME": "a", "TOKEN": "new", "FRESH": "y"}
    )
    assert os.environ == {"SAME": "mine", "TOKEN": "new", "FRESH": "y", "OWN": "1"}


def test_numpys_old_generator_is_seeded_where_there_is_one(monkeypatch):
    seeds = []
    numpy = types.SimpleNamespace(seed=lambda: seeds.append("from the system"))
    monkeypatch.setitem(inheritance.sys.modules, "numpy.random", numpy)
    inheritance.renew_randomness()
    assert seeds == ["from the system"]
