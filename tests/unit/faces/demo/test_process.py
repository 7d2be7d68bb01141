"""A server as a process: what is said when it does not come up."""

import socket

import pytest

from headrace.faces.demo.process import ServerProcess, StartFailed, free_port


def test_a_free_port_can_be_listened_on():
    with socket.socket() as listener:
        port = free_port()
        listener.bind(("127.0.0.1", port))
        assert listener.getsockname()[1] == port


@pytest.mark.slow
def test_a_server_that_cannot_start_says_why(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = ServerProcess(tmp_path, taken.getsockname()[1])
        with pytest.raises(StartFailed, match="Address already in use"):
            server.start()
    server.stop()


def test_stopping_what_never_ran_does_nothing(tmp_path):
    server = ServerProcess(tmp_path, 1)
    server.stop()
    assert not server.log.exists()
