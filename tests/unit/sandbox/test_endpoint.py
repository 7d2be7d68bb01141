"""Requests reach what they are for; everything else is not found or not allowed."""

import asyncio
import contextlib
import gc
import http.client
import os
import socket
import threading

import pytest

from headrace.sandbox.endpoint import Endpoint
from headrace.sandbox.runtime_api import RuntimeApi
from headrace.sandbox.sockets import PassedSockets
from headrace.sandbox.webserver import Reply
from tests.unit.sandbox.bench import REQUEST_ID, Stream, invocation

API = "/2018-06-01/runtime/"


def ask(address, method, path, body=None):
    connection = http.client.HTTPConnection(address, timeout=10)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def served(act, may_speak=None):
    """Run an act against an endpoint that answers from the start."""

    async def story():
        heard = []
        runtime = RuntimeApi(heard.append)
        endpoint = Endpoint(runtime, None, None)
        address = endpoint.bind_here()
        await endpoint.serve(may_speak)
        try:
            await act(runtime, heard, lambda *request: asyncio.to_thread(ask, address, *request))
        finally:
            endpoint.close()
            await endpoint.serve(None)

    asyncio.run(story())


def test_an_event_goes_out_and_its_answer_comes_back():
    async def act(runtime, heard, call):
        runtime.deliver(invocation([1]))
        assert await call("GET", API + "invocation/next") == (200, b"[1]")
        status, _ = await call("POST", f"{API}invocation/{REQUEST_ID}/response", b"[2]")
        assert status == 202
        assert runtime.release()
        assert [one.kind for one in heard] == ["ready", "result"]
        runtime.deliver(invocation([3]))
        await call("GET", API + "invocation/next")
        assert (await call("POST", f"{API}invocation/{REQUEST_ID}/error", b"{}"))[0] == 202

    served(act)


@pytest.mark.parametrize(
    "method, path, expected",
    [
        ("GET", "/2018-06-01/ping", (200, b"pong")),
        ("POST", API + "init/error", (202, b'{"status":"OK"}\n')),
        ("GET", API + "init/error", (405, b"")),
        ("DELETE", API + "invocation/next", (405, b"")),
        ("GET", "/", (404, b"404 page not found\n")),
        ("POST", API + "invocation/x/other", (404, b"404 page not found\n")),
        ("POST", API + "invocation/x/y/response", (404, b"404 page not found\n")),
    ],
)
def test_other_paths_and_methods_are_answered_as_on_aws(method, path, expected):
    async def act(_runtime, _heard, call):
        assert await call(method, path) == expected

    served(act)


def stream(address, pieces, wait):
    """Post a response bit by bit; go on behind the first piece when `wait` returns."""
    connection = http.client.HTTPConnection(address, timeout=10)
    headers = {"Lambda-Runtime-Function-Response-Mode": "streaming", "Content-Type": "text/plain"}

    def body():
        for number, piece in enumerate(pieces):
            if number:
                wait()
            yield piece

    try:
        path = f"{API}invocation/{REQUEST_ID}/response"
        connection.request("POST", path, body(), headers, encode_chunked=True)
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_streamed_answer_comes_before_it_is_whole():
    async def story():
        heard, taker, may_go_on = [], Stream(), threading.Event()
        runtime = RuntimeApi(heard.append)
        endpoint = Endpoint(runtime, None, None)
        address = endpoint.bind_here()
        await endpoint.serve(None)
        try:
            runtime.deliver(invocation([1], stream=taker))
            await asyncio.to_thread(ask, address, "GET", API + "invocation/next")
            work = asyncio.to_thread(stream, address, [b"one", b"two"], may_go_on.wait)
            posting = asyncio.ensure_future(work)
            async with asyncio.timeout(10):
                while not taker.pieces:
                    await asyncio.sleep(0)
            assert (taker.content_type, taker.pieces) == ("text/plain", [b"one"])
            may_go_on.set()
            assert await posting == 202
            assert taker.pieces == [b"one", b"two"]
            assert runtime.release()
            assert [one.kind for one in heard] == ["ready", "result"]
        finally:
            may_go_on.set()
            endpoint.close()

    asyncio.run(story())


def expecting(act, passed=None, *others):
    """Run an act with an endpoint whose socket is still to come, and the other end of its door.

    Nothing may be left open.
    """

    async def story():
        before = len(os.listdir("/proc/self/fd"))
        endpoint = Endpoint(RuntimeApi(print), *(others or (None, None)))
        ours, theirs = socket.socketpair()
        with theirs:
            assert endpoint.expect(ours, passed) == "127.0.0.1:9001"
            await act(endpoint, theirs)
        assert ours.fileno() == -1
        await asyncio.to_thread(gc.collect)  # Transports close in a turn of their own.
        assert len(os.listdir("/proc/self/fd")) == before

    asyncio.run(story())


def test_an_endpoint_serves_the_socket_that_an_environment_hands_over():
    async def act(endpoint, theirs):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            address = f"127.0.0.1:{listener.getsockname()[1]}"
            serving = asyncio.create_task(endpoint.serve(None))
            await asyncio.sleep(0)
            assert not serving.done()
            socket.send_fds(theirs, [b"0"], [listener.fileno()])
        await serving
        answer = await asyncio.to_thread(ask, address, "GET", "/2018-06-01/ping")
        assert answer == (200, b"pong")
        endpoint.close()

    expecting(act)


class Stage:
    """Extensions and telemetry at the same time: who asks, and that somebody has subscribed."""

    def name_of(self, _request, _exchange):
        return "watch"

    def subscribe(self, name, _request, exchange):
        exchange.answer(Reply(200, name.encode()))


NOT_SUPPORTED = (
    b'{"errorMessage":"Telemetry API is not supported","errorType":"Telemetry.NotSupported"}\n'
)


@pytest.mark.parametrize("count, answer", [(2, (200, b"watch")), (0, (202, NOT_SUPPORTED))])
def test_what_comes_with_it_reaches_listeners_and_without_it_extensions_are_told(count, answer):
    passed = PassedSockets()

    async def act(endpoint, theirs):
        address = hand_over(theirs, count)
        await endpoint.serve(None)
        assert passed.are_there == (count > 0)
        assert await asyncio.to_thread(ask, address, "PUT", "/2022-07-01/telemetry") == answer
        taken = [await passed.take() for _ in range(count)]
        for one in taken:
            assert (one.gettimeout(), one.get_inheritable()) == (0.0, False)
            passed.cut(one)
        passed.close()
        endpoint.close()

    expecting(act, passed, Stage(), Stage())


def hand_over(door, count):
    """Send a listener and so many other sockets; return the listener's address."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        others = [stack.enter_context(socket.socket()) for _ in range(count)]
        socket.send_fds(door, [b"0"], [one.fileno() for one in (listener, *others)])
        return f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize("turns", range(6))
def test_an_endpoint_that_is_closed_while_its_sockets_come_keeps_none(turns):
    passed = PassedSockets()

    async def act(endpoint, theirs):
        serving = asyncio.create_task(endpoint.serve(None))
        await asyncio.sleep(0)
        hand_over(theirs, 2)
        for _ in range(turns):
            await asyncio.sleep(0)
        endpoint.close()
        passed.close()
        await serving

    expecting(act, passed)


def test_an_environment_that_ends_before_hands_over_nothing():
    async def act(endpoint, theirs):
        theirs.close()
        await endpoint.serve(None)
        endpoint.close()

    expecting(act)


def test_what_is_closed_waits_for_no_socket():
    async def act(endpoint, theirs):
        serving = asyncio.create_task(endpoint.serve(None))
        await asyncio.sleep(0)
        endpoint.close()
        await serving

    expecting(act)


def test_nobody_is_served_who_may_not_speak():
    async def act(runtime, heard, call):
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            await call("GET", API + "invocation/next")
        assert heard == []

    served(act, lambda peer: False)
