"""What a runtime may do when, and what it is answered: spec/lambda.md 3.1, 3.3."""

import base64
import json

import pytest

from headrace.sandbox.dialogue import Answer
from headrace.sandbox.runtime_api import RuntimeApi, one_line
from headrace.sandbox.webserver import Request
from tests.unit.sandbox.bench import ARN, REQUEST_ID, Stream, Valve, invocation


class Desk:
    """An exchange that keeps its answer."""

    def __init__(self):
        self.reply = None
        self.is_open = True

    def answer(self, reply):
        self.reply, self.is_open = reply, False


class Runtime:
    """A runtime that this test plays, and what the environment heard."""

    def __init__(self):
        self.heard = []
        self.api = RuntimeApi(self.heard.append)

    def next(self):
        desk = Desk()
        self.api.next(Request("GET", "", {}), desk)
        return desk

    def post(self, what, body=b"", id=REQUEST_ID, **changes):
        desk = Desk()
        request = Request("POST", "", changes.pop("headers", {}), body, **changes)
        if what == "init":
            self.api.fail_init(request, desk)
        else:
            {"response": self.api.respond, "error": self.api.fail}[what](id, request, desk)
        return desk.reply

    def take_event(self, **changes):
        waiting = self.next()
        self.api.deliver(invocation({"a": 1}, **changes))
        return waiting.reply


def text_of(reply):
    return reply.status, json.loads(reply.body)


def refused(status, kind, text):
    return status, {"errorMessage": text, "errorType": kind}


def test_the_first_next_ends_the_init_phase_and_events_are_answered():
    """lambda.md 10, row 38."""
    runtime = Runtime()
    waiting = runtime.next()
    assert runtime.heard == [Answer("ready")]
    assert waiting.reply is None
    runtime.api.deliver(invocation({"a": 1}, trace_header="Root=1", client_context='{"c":1}'))
    reply = waiting.reply
    assert (reply.status, reply.body) == (200, b'{"a": 1}')
    assert reply.headers.pop("Lambda-Runtime-Deadline-Ms").isdigit()
    assert len(reply.headers.pop("Lambda-Runtime-Invocation-Id")) == 36
    assert reply.headers == {
        "Lambda-Runtime-Aws-Request-Id": REQUEST_ID,
        "Lambda-Runtime-Invoked-Function-Arn": ARN,
        "Lambda-Runtime-Trace-Id": "Root=1",
        "Lambda-Runtime-Client-Context": '{"c":1}',
    }
    assert text_of(runtime.post("response", b"[1]")) == (202, {"status": "OK"})
    assert runtime.heard == [Answer("ready")]  # The invoke ends when the runtime comes back.
    runtime.next()
    assert runtime.heard[1:] == [Answer("result", "", b"[1]")]


def test_an_event_waits_for_the_runtime_to_ask():
    """lambda.md 10, row 37."""
    runtime = Runtime()
    runtime.take_event()
    runtime.post("response", b"1")
    assert runtime.api.release()
    assert not runtime.api.release()
    assert runtime.heard[1:] == [Answer("result", "", b"1")]
    runtime.api.deliver(invocation(2))
    assert runtime.next().reply.body == b"2"


def test_whoever_left_next_gets_no_event():
    runtime = Runtime()
    gone, waiting = runtime.next(), runtime.next()
    gone.is_open = False
    runtime.api.deliver(invocation(1))
    assert gone.reply is None
    assert waiting.reply.body == b"1"


def test_a_function_error_comes_with_its_type():
    runtime = Runtime()
    runtime.take_event()
    headers = {"lambda-runtime-function-error-type": "Function.Oh"}
    assert runtime.post("error", b"{}", headers=headers).status == 202
    runtime.next()
    assert runtime.heard[1:] == [Answer("error", "Function.Oh", b"{}")]


def test_a_failed_init_is_told_and_is_final():
    runtime = Runtime()
    headers = {"lambda-runtime-function-error-type": "Runtime.Oh"}
    assert runtime.post("init", b"{}", headers=headers).status == 202
    assert runtime.heard == [Answer("init_error", "Runtime.Oh", b"{}")]
    text = "State transition from InitError to Ready failed for runtime. Error: State transition is"
    assert text_of(runtime.next().reply) == refused(
        403, "InvalidStateTransition", text + " not allowed"
    )


@pytest.mark.parametrize("what", ["response", "error"])
def test_answers_that_nobody_waits_for_are_refused(what):
    """lambda.md 11, item 15."""
    runtime = Runtime()
    bad_id = refused(400, "InvalidRequestID", "Invalid request ID")
    assert text_of(runtime.post(what)) == bad_id
    runtime.take_event()
    assert text_of(runtime.post(what, id="other")) == bad_id
    wrong = runtime.post(what, headers={"lambda-runtime-invocation-id": "of-another-attempt"})
    assert text_of(wrong) == refused(410, "InvokeTimeout", "Invoke timeout")
    assert runtime.post(what).status == 202
    status, document = text_of(runtime.post(what))
    assert (status, document["errorType"]) == (403, "InvalidStateTransition")
    assert document["errorMessage"].startswith("State transition from ResponseSent to Invocation")


def test_the_invocations_own_id_is_accepted():
    runtime = Runtime()
    id = runtime.take_event().headers["Lambda-Runtime-Invocation-Id"]
    reply = runtime.post("response", b"1", headers={"lambda-runtime-invocation-id": id})
    assert reply.status == 202


def test_what_is_out_of_turn_is_refused():
    """lambda.md 11, item 15."""
    runtime = Runtime()
    runtime.take_event()
    assert runtime.next().reply.status == 403
    assert runtime.post("init").status == 403
    assert runtime.post("response", b"1").status == 202


def test_a_response_that_is_too_large_fails_the_invoke_and_not_the_runtime():
    """lambda.md 11, item 15."""
    runtime = Runtime()
    runtime.take_event()
    reply = runtime.post("response", is_too_large=True)
    assert text_of(reply) == refused(
        413, "RequestEntityTooLarge", "Exceeded maximum allowed payload size (6291556 bytes)."
    )
    runtime.next()
    assert runtime.heard[1:] == [Answer("too_large")]


def test_a_streamed_response_may_end_in_an_error():
    runtime = Runtime()
    mode = {"lambda-runtime-function-response-mode": "streaming"}
    runtime.take_event()
    assert runtime.post("response", b"abc", headers=mode).status == 202
    runtime.take_event()
    trailers = {
        "lambda-runtime-function-error-type": "Runtime.Oh",
        "lambda-runtime-function-error-body": base64.b64encode(b'{"x":1}').decode(),
    }
    assert runtime.post("response", b"ab", headers=mode, trailers=trailers).status == 202
    runtime.next()
    assert runtime.heard[1:] == [
        Answer("result", "", b"abc"),
        Answer("error", "Runtime.Oh", b'{"x":1}'),
    ]
    runtime.api.deliver(invocation(1))
    wrong = runtime.post("response", headers={"lambda-runtime-function-response-mode": "slowly"})
    assert text_of(wrong) == refused(
        400, "InvalidFunctionResponseMode", "Invalid function response mode"
    )


def test_no_value_breaks_out_of_its_header():
    assert one_line("a\r\nEvil: 1\nb\rc") == "a Evil: 1 b c"


MODE = {"lambda-runtime-function-response-mode": "streaming", "content-type": "text/plain"}


def open_body(runtime, id=REQUEST_ID, headers=MODE):
    return runtime.api.open_body(id, Request("POST", "", headers), Valve())


def test_a_streamed_response_goes_to_who_takes_it_and_is_not_in_the_answer():
    runtime, stream = Runtime(), Stream()
    runtime.take_event(stream=stream)
    body = open_body(runtime)
    body.add(b"a")
    assert (stream.content_type, stream.pieces) == ("text/plain", [b"a"])
    assert text_of(runtime.next().reply)[0] == 403  # Not before it has ended.
    assert runtime.post("response", b"[1]").status == 403
    assert runtime.post("error", b"{}").status == 403
    assert open_body(runtime) is None
    assert runtime.post("response", headers=MODE, is_streamed=True).status == 202
    runtime.next()
    assert runtime.heard[1:] == [Answer("result")]


@pytest.mark.parametrize("breaks_off", [False, True])
def test_whoever_takes_a_response_slowly_holds_no_later_event(breaks_off):
    runtime, stream, valve = Runtime(), Stream(), Valve()
    runtime.take_event(stream=stream)
    body = runtime.api.open_body(REQUEST_ID, Request("POST", "", MODE), valve)
    stream.is_full = True
    body.add(b"a")
    assert valve.turns == ["hold"]
    if breaks_off:
        body.lose()
    else:
        runtime.post("response", headers=MODE, is_streamed=True)
    assert valve.turns == ["hold", "go on"]


def test_trailers_tell_how_a_streamed_response_failed():
    runtime = Runtime()
    runtime.take_event(stream=Stream())
    open_body(runtime).add(b"a")
    trailers = {
        "lambda-runtime-function-error-type": "Runtime.Oh",
        "lambda-runtime-function-error-body": base64.b64encode(b'{"x":1}').decode(),
    }
    assert runtime.post("response", headers=MODE, trailers=trailers, is_streamed=True).status == 202
    runtime.next()
    assert runtime.heard[1:] == [Answer("error", "Runtime.Oh", b'{"x":1}')]


def test_a_streamed_response_that_breaks_off_is_an_error_of_its_event_only():
    runtime = Runtime()
    runtime.take_event(stream=Stream())
    body = open_body(runtime)
    body.lose()
    runtime.next()
    document = (
        b'{"errorMessage":"HTTP request detected as truncated",'
        b'"errorType":"Runtime.TruncatedResponse"}'
    )
    assert runtime.heard[1:] == [Answer("error", "Runtime.TruncatedResponse", document)]
    runtime.api.deliver(invocation(1, stream=Stream()))
    body.lose()
    assert not runtime.api.release()


@pytest.mark.parametrize(
    ("id", "headers", "stream"),
    [
        (REQUEST_ID, MODE, None),
        (REQUEST_ID, {}, Stream()),
        ("another", MODE, Stream()),
        (REQUEST_ID, {**MODE, "lambda-runtime-invocation-id": "another"}, Stream()),
    ],
)
def test_a_body_comes_whole_when_nobody_takes_it_sooner(id, headers, stream):
    runtime = Runtime()
    runtime.take_event(stream=stream)
    assert open_body(runtime, id, headers) is None
    assert stream is None or stream.content_type is None
