"""What is told of an environment, to whom, and which subscriptions are refused."""

import json

import pytest

from headrace.sandbox import limits
from headrace.sandbox.couriers import HttpDestination, TcpDestination
from headrace.sandbox.dialogue import Answer
from headrace.sandbox.telemetry import Telemetry
from headrace.sandbox.webserver import Request
from tests.unit.sandbox.bench import REQUEST_ID, invocation, spec_for

WISH = {
    "schemaVersion": "2022-12-13",
    "types": ["platform", "function", "extension"],
    "buffering": {"maxItems": 1_000, "maxBytes": 262_144, "timeoutMs": 100},
    "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain:4323/events"},
}


class Exchange:
    """Keeps the answer."""

    def answer(self, reply):
        self.reply = reply


class Delivery:
    """Keeps what it is to bring."""

    def __init__(self, subscription):
        self.subscription = subscription
        self.events = []
        self.calls = []

    def take(self, event):
        self.events.append(json.loads(event))

    def begin_with(self, events):
        for event in events:
            self.take(event)

    def __getattr__(self, name):
        return lambda: self.calls.append(name)

    @property
    def kinds(self):
        return [one["type"] for one in self.events]


class Bench:
    """The telemetry of an environment, whose clock is set by hand."""

    def __init__(self, tmp_path, **changes):
        self.ms = 0
        self.deliveries = []
        self.telemetry = Telemetry(
            spec_for(tmp_path, "", memory_mb=128, **changes),
            self.deliver,
            lambda: 40,
            now=lambda: self.ms / 1_000,
            clock_ns=lambda: self.ms * 1_000_000,
        )

    def deliver(self, subscription):
        self.deliveries.append(Delivery(subscription))
        return self.deliveries[-1]

    def subscribe(self, name="watch", **changes):
        exchange = Exchange()
        request = Request("PUT", "/", {}, json.dumps(WISH | changes).encode())
        self.telemetry.subscribe(name, request, exchange)
        return exchange.reply

    def begin(self):
        """Have a subscriber and an init phase of 200 ms behind."""
        self.subscribe()
        self.ms = 200
        self.telemetry.note_runtime(Answer("ready"))
        self.telemetry.end_init({"watch": ["INVOKE"]}, Answer("ready"))
        return self.deliveries[0]


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def test_who_subscribes_late_in_the_init_phase_misses_nothing_of_it(bench):
    bench.telemetry.take_lines("function", b"loading\nloaded\n")
    bench.telemetry.take_lines("extension", b"hello\n")
    reply = bench.subscribe(types=["platform", "function"])
    assert (reply.status, reply.body) == (200, b'"OK"')
    (delivery,) = bench.deliveries
    assert delivery.subscription.destination == HttpDestination(4323, "/events")
    assert delivery.kinds == [
        "platform.initStart", "function", "function", "platform.telemetrySubscription",
    ]  # fmt: skip
    assert [one["record"] for one in delivery.events[1:3]] == ["loading", "loaded"]
    assert delivery.events[0]["time"] == "1970-01-01T00:00:00.000Z"
    assert delivery.events[-1]["record"] == {
        "name": "watch", "state": "Subscribed", "types": ["platform", "function"],
    }  # fmt: skip


def test_an_invoke_is_told_with_its_times_and_its_init_phase_once(bench):
    delivery = bench.begin()
    assert delivery.events[-1]["record"] == {
        "initializationType": "on-demand", "phase": "init", "status": "success",
        "metrics": {"durationMs": 200.0},
    }  # fmt: skip
    for answer in (Answer("result", "", b"[1]"), Answer("error", "ValueError", b"{}")):
        bench.telemetry.begin(invocation(1, trace_header="Root=1"))
        bench.ms += 30
        bench.telemetry.note_runtime(answer)
        bench.telemetry.note_runtime(answer)  # Held for extensions, and passed on.
        bench.ms += 20
        bench.telemetry.end(answer)
        bench.telemetry.end(answer)
    tracing = {"tracing": {"type": "X-Amzn-Trace-Id", "value": "Root=1"}}
    start, done, report, *second = [one["record"] for one in delivery.events[-6:]]
    assert start == {"requestId": REQUEST_ID, "version": "$LATEST"} | tracing
    metrics = {"durationMs": 30.0, "producedBytes": 3}
    assert done == {"requestId": REQUEST_ID, "status": "success", "metrics": metrics} | tracing
    metrics = {
        "durationMs": 50.0, "billedDurationMs": 250, "memorySizeMB": 128, "maxMemoryUsedMB": 40,
        "initDurationMs": 200.0,
    }  # fmt: skip
    assert report == {"requestId": REQUEST_ID, "status": "success", "metrics": metrics} | tracing
    assert [one.get("errorType") for one in second] == [None, "ValueError", "ValueError"]
    assert "initDurationMs" not in second[2]["metrics"]


@pytest.mark.parametrize(
    "kind, status", [("timeout", "timeout"), ("failure", "failure"), ("too_large", "error")]
)
def test_an_invoke_that_ends_without_an_answer_is_reported_too(bench, kind, status):
    delivery = bench.begin()
    bench.telemetry.begin(invocation(1))
    bench.telemetry.end(Answer(kind))
    assert delivery.kinds[-1] == "platform.report"
    assert delivery.events[-1]["record"]["status"] == status


def test_lines_in_json_are_objects_where_the_function_logs_in_json(tmp_path):
    bench = Bench(tmp_path, variables={"AWS_LAMBDA_LOG_FORMAT": "JSON"})
    delivery = bench.begin()
    bench.telemetry.take_lines("function", b'{"a": 1}\n{broken\n\xff\n')
    assert [one["record"] for one in delivery.events[-3:]] == [{"a": 1}, "{broken", "\ufffd"]
    deep = '{"a":' + "[" * 30_000 + "]" * 30_000 + "}"
    bench.telemetry.take_lines("function", f"{deep}\n".encode())
    assert delivery.events[-1]["record"] == deep


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"schemaVersion": "2019-01-01"}, "schemaVersion 2019-01-01 is not supported"),
        ({"types": []}, "types must not be empty"),
        ({"types": ["all"]}, "Invalid enum value 'all'"),
        ({"buffering": {"maxItems": 10}}, "maxItems must be between 1000 and 10000"),
        ({"buffering": {"maxBytes": 1}}, "maxBytes must be between 262144 and 1048576"),
        ({"buffering": {"timeoutMs": 1}}, "timeoutMs must be between 25 and 30000"),
        ({"destination": {"protocol": "UDP", "port": 4323}}, "protocol UDP is not supported"),
        ({"destination": {"protocol": "HTTP"}}, "missing required field `URI` - at `$.dest"),
        ({"destination": {"protocol": "HTTP", "URI": "http://sandbox:9001"}}, "port 9001 is res"),
        ({"destination": {"protocol": "TCP", "port": 4323, "URI": "http://sandbox:4323"}}, "URI"),
        ({"destination": {"protocol": "TCP"}}, "missing required field `port` - at `$.dest"),
        ({"destination": {"protocol": "TCP", "port": "4323"}}, "Expected `int | null`, got `str`"),
        ({"destination": {"protocol": "TCP", "port": -1}}, "Port out of range 0-65535"),
        ({"destination": {"protocol": "TCP", "port": 65_536}}, "Port out of range 0-65535"),
        ({"destination": {"protocol": "TCP", "port": 1_023}}, "port 1023 must be 1024 or more"),
        ({"destination": {"protocol": "TCP", "port": 9_001}}, "destination port 9001 is reserved"),
        ({"destination": {"protocol": "HTTP", "URI": "http://example.org:4323"}}, "destination"),
        ({"destination": {"protocol": "HTTP", "URI": "http://localhost:22"}}, "1024 or more"),
        ({"destination": {"protocol": "HTTP", "URI": "http://localhost:99999"}}, "Port"),
        ({"destination": {}}, "missing required field"),
    ],
)
def test_a_subscription_that_cannot_be_is_refused(bench, changes, words):
    reply = bench.subscribe(**changes)
    assert reply.status == 400
    document = json.loads(reply.body)
    assert document["errorType"] == "ValidationError"
    assert words in document["errorMessage"]
    assert bench.deliveries == []


@pytest.mark.parametrize("port", [1_024, 65_535])
@pytest.mark.parametrize("more", [{}, {"URI": None}])
def test_a_destination_of_tcp_is_a_port(bench, port, more):
    assert bench.subscribe(destination={"protocol": "TCP", "port": port} | more).status == 200
    assert bench.deliveries[0].subscription.destination == TcpDestination(port)


def test_what_http_does_not_need_is_not_looked_at(bench):
    assert bench.subscribe(destination=WISH["destination"] | {"port": None}).status == 200


def test_nobody_subscribes_after_the_init_phase_and_one_name_has_one_subscription(bench):
    bench.subscribe()
    bench.subscribe()
    first, second = bench.deliveries
    assert first.calls == ["close"]
    bench.telemetry.end_init({}, Answer("ready"))
    assert len(second.kinds) > len(first.kinds)
    assert bench.subscribe(name="late").status == 403
    assert len(bench.deliveries) == 2


def test_what_is_kept_of_an_init_phase_that_nobody_listens_to_is_bounded(bench, monkeypatch):
    monkeypatch.setattr(limits, "TELEMETRY_EARLY_BYTES_MAX", 1_000)
    bench.telemetry.take_lines("function", b"x\n" * 10_000)
    bench.subscribe()
    assert len(bench.deliveries[0].events) < 50


def test_all_deliveries_pause_and_go_on_and_end(bench):
    delivery = bench.begin()
    telemetry = bench.telemetry
    for act in (telemetry.pause, telemetry.resume, telemetry.flush, telemetry.close):
        act()
    assert delivery.calls == ["pause", "resume", "resume", "flush", "close"]


def test_what_lines_of_one_reading_have_in_common_is_made_once(tmp_path):
    bench = Bench(tmp_path)
    bench.begin()
    moments = iter(range(1_000))
    bench.telemetry._now = lambda: next(moments)
    bench.telemetry.take_lines("function", b'a\n\n"b"\n' * 100)
    told = bench.deliveries[0].events[-300:]
    assert [one["record"] for one in told] == ["a", "", '"b"'] * 100
    assert {one["type"] for one in told} == {"function"}
    assert {one["time"] for one in told} == {"1970-01-01T00:00:00.000Z"}


def test_lines_that_nobody_wants_cost_nothing(tmp_path):
    bench = Bench(tmp_path)
    bench.subscribe(types=["platform"])
    bench.telemetry.end_init({}, Answer("ready"))
    bench.telemetry._now = None
    bench.telemetry.take_lines("function", b"line\n")
    assert "function" not in bench.deliveries[-1].kinds
