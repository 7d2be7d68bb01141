"""What goes through a door: a socket that listens, and some that are not connected."""

import errno
import os
import resource
import socket
import threading

import pytest

from headrace.sandbox.child import doors


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def received(way, most):
    """Return the sockets that have come."""
    _, descriptors, _, _ = socket.recv_fds(way, 1, most)
    return [socket.socket(fileno=one) for one in descriptors]


def test_the_listener_comes_first_and_the_others_can_reach_it():
    ours, theirs = socket.socketpair()
    before = len(os.listdir("/proc/self/fd"))
    with ours:
        doors.pass_sockets(theirs.detach(), free_port(), 2)
        listener, *others = received(ours, 10)
        assert len(os.listdir("/proc/self/fd")) == before - 1 + 3
        assert len(others) == 2
        with listener:
            for one in others:
                with one:
                    one.connect(listener.getsockname())
                    listener.accept()[0].close()
        assert ours.recv(1) == b""


def test_a_server_that_has_given_up_is_an_error():
    ours, theirs = socket.socketpair()
    ours.close()
    with pytest.raises(BrokenPipeError):
        doors.pass_sockets(theirs.detach(), free_port(), 2)


def test_what_is_too_much_under_way_waits_until_the_server_has_taken_some():
    """Root is not held to this limit: a child that is not, is."""
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(0 if waits_for_room() else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def waits_for_room():
    """Have more under way than we may; return whether the next goes when that has been taken."""
    if os.getuid() == 0:
        os.setresuid(54_321, 54_321, 54_321)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    full, filling = socket.socketpair()
    ours, theirs = socket.socketpair()
    with socket.socket() as one:
        refused = 0
        for _ in range(2):
            try:
                for _ in range(200):
                    socket.send_fds(filling, [b"0"], [one.fileno()])
            except OSError as error:
                refused = error.errno
        sending = threading.Thread(target=doors.send, args=(theirs, [one.fileno()]))
        sending.start()
        sending.join(5 * doors.RETRY_S)
        waited = sending.is_alive()
        full.close()  # With it goes what it has not taken.
        filling.close()
        sending.join(10)
    return refused == errno.ETOOMANYREFS and waited and len(received(ours, 1)) == 1
