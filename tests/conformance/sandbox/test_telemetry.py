"""Extensions hear what happens, over the Telemetry API, at every level (spec/lambda.md 3.7)."""

import json
import socket

from headrace.ports.sandbox import InvokeStatus, Layer
from tests.unit.sandbox.bench import REQUEST_ID, answer, invocation, make_archive
from tests.unit.sandbox.programs import extension

#: What an extension listens with, and what it says of that, by protocol.
LISTENERS = {
    "HTTP": """
import http.server as server
class Listener(server.BaseHTTPRequestHandler):
    def do_POST(self):
        told.extend(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_): pass
Server = server.HTTPServer
destination = {"protocol": "HTTP", "URI": "http://sandbox.localdomain:%d/path" % port}
""",
    "TCP": """
import socketserver as server
class Listener(server.StreamRequestHandler):
    def handle(self):
        log("a connection")
        told.extend(map(json.loads, self.rfile))
class Server(server.ThreadingTCPServer):
    daemon_threads = True
destination = {"protocol": "TCP", "port": port}
""",
}
#: An extension that writes down what it is told, one line for an event, before it ends.
WATCHER = """
import threading
threading.Thread(target=Server(("127.0.0.1", port), Listener).serve_forever, daemon=True).start()
me = register("INVOKE", "SHUTDOWN")
wish = {"schemaVersion": "2022-12-13", "types": types,
        "buffering": {"maxItems": 1000, "maxBytes": 262144, "timeoutMs": 25},
        "destination": destination}
status, _, body = call("PUT", "/2022-07-01/telemetry", json.dumps(wish), me)
log("subscribed", status, body)
while next_event(me)["eventType"] != "SHUTDOWN": pass
until = time.time() + 1.8
while sum(one["type"] == "platform.report" for one in told) < invokes and time.time() < until:
    time.sleep(0.01)
for event in told: print("told", json.dumps(event))
"""
FUNCTION = (
    "import os\nprint('init')\n"
    "def handler(e, c):\n"
    "    print('work')\n"
    "    if e == 'fail': raise ValueError('no')\n"
    "    if e == 'exit': os._exit(3)\n"
    "    return e\n"
)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def watched(bench, types, *, invokes, protocol="HTTP", **changes):
    """Start the function with a watcher of these types, who waits for reports of all invokes."""
    program = watcher(free_port(), types, invokes, protocol)
    return bench.start(FUNCTION, layers=layer(bench, watch=program), **changes)


def watcher(port, types, invokes, protocol="HTTP"):
    """Return the program that listens on a port and waits for so many reports."""
    values = f"port, types, invokes, told = {port}, {types}, {invokes}, []\n"
    return extension(values + LISTENERS[protocol] + WATCHER)


def layer(bench, **programs):
    """Return a layer of these extensions."""
    files = {f"extensions/{name}": text for name, text in programs.items()}
    return (Layer(*make_archive(bench.folder, files)),)


def told(bench):
    """Return the events that the watcher wrote down."""
    lines = bytes(bench.log).splitlines()
    return [json.loads(line[5:]) for line in lines if line.startswith(b"told ")]


def test_an_extension_hears_of_the_platform_and_the_function_and_not_of_itself(bench):
    async def story():
        async with bench:
            environment = await watched(bench, ["platform", "function"], invokes=2)
            assert answer(await environment.invoke(invocation(7, trace_header="Root=1"))) == 7
            environment.freeze()
            failed = await environment.invoke(invocation("fail"))
            assert failed.status is InvokeStatus.ERROR
            await environment.kill()
        assert b"subscribed 200 OK\n" in bench.log
        events = told(bench)
        kinds = [one["type"].removeprefix("platform.") for one in events]
        # Lines come by a pipe of their own, and who registers first and then subscribes may do so
        # when the runtime is ready: what is sure is the order of the rest.
        assert kinds.count("telemetrySubscription") == 1
        assert [one for one in kinds if one not in ("function", "telemetrySubscription")] == [
            "initStart", "initRuntimeDone", "extension", "initReport",
            "start", "runtimeDone", "report",
            "start", "runtimeDone", "report",
        ]  # fmt: skip
        records = {kind: one["record"] for kind, one in zip(kinds, events, strict=True)}
        assert records["initStart"]["functionName"] == "f"
        assert records["extension"] == {
            "name": "watch", "state": "Ready", "events": ["INVOKE", "SHUTDOWN"],
        }  # fmt: skip
        reports = [one["record"] for one in events if one["type"] == "platform.report"]
        assert [one["status"] for one in reports] == ["success", "error"]
        assert [one["requestId"] for one in reports] == [REQUEST_ID] * 2
        assert "initDurationMs" in reports[0]["metrics"]
        assert "initDurationMs" not in reports[1]["metrics"]
        assert reports[0]["tracing"] == {"type": "X-Amzn-Trace-Id", "value": "Root=1"}
        lines = [one["record"] for one in events if one["type"] == "function"]
        assert [line for line in lines if line in ("init", "work")] == ["init", "work", "work"]

    bench.run(story())


def test_an_extension_hears_how_it_ended_before_it_ends_itself(bench):
    async def story():
        async with bench:
            environment = await watched(bench, ["platform", "extension"], invokes=1)
            outcome = await environment.invoke(invocation("exit"))
            assert outcome.status is InvokeStatus.EXITED
            await environment.kill()
        events = told(bench)
        assert events[-1]["type"] == "platform.report"
        assert events[-1]["record"]["status"] == "failure"
        assert "subscribed 200 OK" in [
            one["record"] for one in events if one["type"] == "extension"
        ]

    bench.run(story())


def test_an_extension_that_listens_by_tcp_hears_it_all_on_one_connection(bench):
    async def story():
        async with bench:
            types = ["platform", "function"]
            environment = await watched(bench, types, invokes=3, protocol="TCP")
            for number in range(3):
                assert answer(await environment.invoke(invocation(number))) == number
                environment.freeze()
            await environment.kill()
        check_told_by_tcp(bench, invokes=3)

    bench.run(story())


def check_told_by_tcp(bench, *, invokes):
    """Check what a watcher of the platform and the function has heard, once and by one line."""
    assert bench.log.count(b"subscribed 200 OK\n") == 1
    assert bench.log.count(b"a connection\n") == 1
    events = told(bench)
    kinds = [one["type"] for one in events if one["type"] != "function"]
    assert [kind for kind in kinds if kind != "platform.telemetrySubscription"] == [
        "platform.initStart", "platform.initRuntimeDone", "platform.extension",
        "platform.initReport",
        *["platform.start", "platform.runtimeDone", "platform.report"] * invokes,
    ]  # fmt: skip
    lines = [one["record"] for one in events if one["type"] == "function"]
    assert [line for line in lines if line in ("init", "work")] == ["init", *["work"] * invokes]
