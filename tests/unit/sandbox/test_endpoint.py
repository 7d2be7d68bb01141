"""Requests reach what they are for; everything else is not found or not allowed."""

import asyncio
import http.client

import pytest

from headrace.sandbox.endpoint import Endpoint
from headrace.sandbox.runtime_api import RuntimeApi
from tests.unit.sandbox.bench import REQUEST_ID, invocation

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
        endpoint = Endpoint(runtime, None)
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


def test_nobody_is_served_who_may_not_speak():
    async def act(runtime, heard, call):
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            await call("GET", API + "invocation/next")
        assert heard == []

    served(act, lambda peer: False)
