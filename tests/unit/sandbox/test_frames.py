"""Frames are cut out of the stream wherever it was broken, and nothing else is believed."""

import asyncio
import socket

import pytest

from headrace.sandbox import limits
from headrace.sandbox.frames import BrokenFrame, Connection, FrameReader, encode_frame


def pieces_through(reader, data, size):
    """Send bytes in pieces of a size; return the frames that come out."""
    ours, theirs = socket.socketpair()
    frames = []
    with ours, theirs:
        ours.setblocking(False)
        for start in range(0, len(data), size):
            theirs.sendall(data[start : start + size])
            while True:
                try:
                    reader.read_from(ours)
                except BlockingIOError:
                    break
                while (frame := reader.next_frame()) is not None:
                    frames.append(frame)
    return frames


@pytest.mark.parametrize("size", [1, 5, 7, 1000])
def test_frames_come_out_whole_whatever_the_pieces(size):
    data = b"".join(encode_frame({"kind": "a"}, b"x" * 20) + encode_frame({}, b""))
    assert pieces_through(FrameReader(100), data, size) == [({"kind": "a"}, b"x" * 20), ({}, b"")]


def test_a_large_body_is_received_in_its_place_and_the_next_frame_follows():
    body = bytes(range(256)) * 1000
    data = b"".join(encode_frame({"n": 1}, body) + encode_frame({"n": 2}, b"y"))
    frames = pieces_through(FrameReader(1_000_000), data, 50_000)
    assert frames == [({"n": 1}, body), ({"n": 2}, b"y")]


@pytest.mark.parametrize(
    "data",
    [
        (101).to_bytes(4, "little") + (2).to_bytes(2, "little") + b"{}",
        (0).to_bytes(4, "little") + (2).to_bytes(2, "little") + b"[]",
        (0).to_bytes(4, "little") + (1).to_bytes(2, "little") + b"{",
        (0).to_bytes(4, "little") + (7).to_bytes(2, "little") + b'{"\xff":1}',
        (0).to_bytes(4, "little") + (60_000).to_bytes(2, "little") + b'{"a":' + b"[" * 59_995,
    ],
)
def test_what_is_no_frame_is_refused(data):
    with pytest.raises(BrokenFrame):
        pieces_through(FrameReader(100), data, 1000)


def test_a_large_body_is_not_copied_to_be_sent():
    assert len(encode_frame({}, b"x" * (limits.READ_BYTES + 1))) == 2
    assert len(encode_frame({}, b"x" * limits.READ_BYTES)) == 1


def test_a_connection_sends_more_than_the_socket_takes_and_tells_the_end_once():
    ends = []
    frames = []

    async def story():
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        for stream in (ours, theirs):
            stream.setblocking(False)
        done = loop.create_future()
        left = Connection(loop, ours, lambda *frame: None, ends.append)
        Connection(
            loop, theirs, lambda header, body: frames.append((header, len(body))), done.set_result
        )
        left.send({"n": 1}, b"x" * 5_000_000)
        left.send({"n": 2}, b"")
        while len(frames) < 2:
            await asyncio.wait([done], timeout=0.01)
        left.close()
        left.send({"n": 3}, b"")
        assert await done is None

    asyncio.run(story())
    assert frames == [({"n": 1}, 5_000_000), ({"n": 2}, 0)]
    assert ends == []


def test_a_held_connection_reads_nothing_until_it_goes_on_or_is_drained():
    frames = []

    async def story():
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        for stream in (ours, theirs):
            stream.setblocking(False)
        connection = Connection(loop, ours, lambda header, _: frames.append(header["n"]), print)
        other = Connection(loop, theirs, print, print)

        async def turn():
            for _ in range(20):
                await asyncio.sleep(0)

        connection.hold()
        other.send({"n": 1}, b"")
        await turn()
        assert frames == []
        connection.go_on()
        await turn()
        assert frames == [1]
        connection.hold()
        other.send({"n": 2}, b"")
        await turn()
        assert frames == [1]
        connection.drain()
        assert frames == [1, 2]
        connection.close()
        connection.hold()
        connection.go_on()
        other.close()

    asyncio.run(story())
