"""Which programs are extensions, and what is told of those that cannot be."""

import json
import os
import socket

import pytest

from headrace.sandbox.child import extensions


def read_frames(stream):
    data = b""
    while piece := stream.recv(65_536):
        data += piece
    frames = []
    while data:
        size = int.from_bytes(data[4:6], "little")
        frames.append(json.loads(data[6 : 6 + size]))
        data = data[6 + size :]
    return frames


def test_every_file_is_a_program_in_the_order_of_their_names(tmp_path):
    for name in ("b", "a"):
        (tmp_path / name).write_text("")
    (tmp_path / "folder").mkdir()
    assert extensions.list_programs(str(tmp_path)) == ["a", "b"]
    assert extensions.list_programs(str(tmp_path / "none")) == []


def test_without_programs_the_runtime_goes_on_at_once(tmp_path):
    ours, theirs = socket.socketpair()
    with ours:
        log = os.open("/dev/null", os.O_WRONLY)
        extensions.start(str(tmp_path / "none"), {}, -1, theirs.detach(), log)
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.close(log)
        assert read_frames(ours) == [{"kind": "extensions", "names": []}]


def test_a_program_that_cannot_be_executed_is_told(tmp_path):
    path = tmp_path / "e"
    path.write_text("no program")
    ours, theirs = socket.socketpair()
    with ours:
        pid = os.fork()
        if pid == 0:
            extensions.execute(str(path), "e", {}, theirs.fileno())
        theirs.close()
        (frame,) = read_frames(ours)
        assert frame == {
            "kind": "launch_error",
            "name": "e",
            "reason": f"fork/exec {path}: permission denied",
        }
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == extensions.LAUNCH_FAILED
