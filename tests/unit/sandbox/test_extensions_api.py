"""What extensions may do when, and what they are answered: spec/lambda.md 3.7."""

import json

import pytest

from headrace.ports.sandbox import ExtensionFound
from headrace.sandbox.extensions_api import ExtensionsApi, Failure, describe_end
from headrace.sandbox.webserver import Request
from tests.unit.sandbox.bench import ARN, REQUEST_ID, invocation, spec_for
from tests.unit.sandbox.test_runtime_api import Desk


class Play:
    """Extensions that this test plays, and what the environment heard."""

    def __init__(self, tmp_path, programs=("out",)):
        self.changes = 0
        self.signs = 0
        self.api = ExtensionsApi(spec_for(tmp_path, ""), self.note_change, self.note_sign)
        if programs is not None:
            self.api.expect(programs)

    def note_change(self):
        self.changes += 1

    def note_sign(self):
        self.signs += 1

    def ask(self, action, body=b"", **headers):
        desk = Desk()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        action(Request("", "", named, body), desk)
        return desk

    def register(self, name="out", events=("INVOKE", "SHUTDOWN"), **headers):
        body = json.dumps({"events": events}).encode()
        return self.ask(self.api.register, body, lambda_extension_name=name, **headers).reply

    def next(self, id):
        return self.ask(self.api.next, lambda_extension_identifier=id)


def id_of(reply):
    assert reply.status == 200, reply
    return reply.headers["Lambda-Extension-Identifier"]


def refusal_of(reply):
    return reply.status, json.loads(reply.body)["errorType"]


def test_external_extensions_show_how_far_they_have_come(tmp_path):
    play = Play(tmp_path, ["two", "one"])
    one = id_of(play.register("one", ["INVOKE"]))
    id_of(play.register("inside", ["INVOKE"]))
    assert play.api.external == (
        ExtensionFound("one", "Registered", ("INVOKE",)),
        ExtensionFound("two", "Started"),
    )
    play.next(one)
    assert play.api.external[0].state == "Ready"


def test_the_runtime_may_begin_when_all_programs_have_registered(tmp_path):
    play = Play(tmp_path, ["one", "two"])
    one = id_of(play.register("one"))
    play.next(one)
    assert (play.signs, play.api.is_idle) == (0, False)
    two = id_of(play.register("two"))
    assert (play.signs, play.api.is_idle) == (1, False)
    play.next(two)
    assert play.api.is_idle
    assert play.api.shutdown_ms == 2_000


def test_programs_may_register_before_we_are_told_of_them(tmp_path):
    play = Play(tmp_path, None)
    id_of(play.register())
    assert play.signs == 0
    play.api.expect(["out"])
    assert play.signs == 1


def test_without_programs_nobody_waits_for_a_sign(tmp_path):
    play = Play(tmp_path, [])
    assert (play.signs, play.changes, play.api.is_idle) == (0, 1, True)
    assert play.api.shutdown_ms == 0
    play.next(id_of(play.register("inside", ["INVOKE"])))
    assert play.api.shutdown_ms == 500


def test_events_go_to_those_who_want_them_and_have_to_be_done(tmp_path):
    play = Play(tmp_path)
    id, quiet = id_of(play.register()), id_of(play.register("quiet", []))
    waiting, silent = play.next(id), play.next(quiet)
    play.api.begin(invocation(1, trace_header="Root=1"))
    event = json.loads(waiting.reply.body)
    assert event.pop("deadlineMs") > 0
    assert event == {
        "eventType": "INVOKE",
        "requestId": REQUEST_ID,
        "invokedFunctionArn": ARN,
        "tracing": {"type": "X-Amzn-Trace-Id", "value": "Root=1"},
    }
    assert waiting.reply.headers["Lambda-Extension-Event-Identifier"]
    assert silent.reply is None
    assert not play.api.is_idle
    play.next(id)
    assert play.api.is_idle


def test_an_event_waits_for_an_extension_that_does_not_ask_yet(tmp_path):
    play = Play(tmp_path)
    id = id_of(play.register())
    gone = play.next(id)
    gone.is_open = False
    play.api.shut_down("spindown", 7)
    assert gone.reply is None
    assert json.loads(play.next(id).reply.body) == {
        "eventType": "SHUTDOWN",
        "shutdownReason": "spindown",
        "deadlineMs": 7,
    }


def test_a_program_that_ends_fails_the_environment_unless_it_was_told_to(tmp_path):
    play = Play(tmp_path)
    id_of(play.register())
    play.api.note_end("out", "exit code 0")
    assert play.api.failure == Failure("Extension.Crash", "exit code 0")
    assert play.api.is_gone
    play.api.fail("Extension.Oh", "later")
    assert play.api.failure.error_type == "Extension.Crash"
    other = Play(tmp_path)
    other.api.shut_down("timeout", 1)
    other.api.note_end("out", "exit code 0")
    assert other.api.failure is None


def test_errors_are_reported_with_their_type(tmp_path):
    for action, kind in (
        ("fail_init", "Extension.InitError"),
        ("fail_exit", "Extension.ExitError"),
    ):
        play = Play(tmp_path)
        id = id_of(play.register())
        report = getattr(play.api, action)
        missing = play.ask(report, lambda_extension_identifier=id).reply
        assert refusal_of(missing) == (403, "Extension.MissingHeader")
        assert play.api.failure is None
        headers = {"lambda_extension_function_error_type": "Extension.Oh"}
        assert play.ask(report, lambda_extension_identifier=id, **headers).reply.status == 202
        assert play.api.failure == Failure(kind, "Extension.Oh")
        unknown = play.ask(report, lambda_extension_identifier="x").reply
        assert refusal_of(unknown) == (403, "Extension.UnknownExtensionIdentifier")


@pytest.mark.parametrize(
    "name, events, error_type",
    [
        ("", [], "Extension.InvalidExtensionName"),
        ("out", [], "Extension.AlreadyRegistered"),
        ("new", ["OTHER"], "InvalidEventType"),
        ("new", ["SHUTDOWN"], "ShutdownEventNotSupportedForInternalExtension"),
    ],
)
def test_registrations_that_make_no_sense_are_refused(tmp_path, name, events, error_type):
    play = Play(tmp_path)
    id_of(play.register())
    assert refusal_of(play.register(name, events)) == (403, error_type)


def test_there_is_a_limit_and_an_end_of_registration(tmp_path):
    play = Play(tmp_path)
    for number in range(10):
        id_of(play.register(f"e{number}", []))
    assert refusal_of(play.register("more", [])) == (403, "Extension.TooManyExtensions")
    play.api.end_init()
    assert refusal_of(play.register("more", [])) == (403, "Extension.RegistrationClosed")
    for body in (b"[", b'{"a":' + b"[" * 100_000):
        broken = play.ask(play.api.register, body, lambda_extension_name="x").reply
        assert refusal_of(broken) == (400, "InvalidRequestFormat")


def test_whoever_has_no_name_of_ours_gets_no_event(tmp_path):
    play = Play(tmp_path)
    missing = play.ask(play.api.next).reply
    assert refusal_of(missing) == (403, "Extension.MissingExtensionIdentifier")
    assert refusal_of(play.next("x").reply) == (403, "Extension.UnknownExtensionIdentifier")


@pytest.mark.parametrize(
    "status, words",
    [(0, "exit code 0"), (3 << 8, "exit status 3"), (9, "signal: killed"), (15, "signal: 15")],
)
def test_ends_are_described_in_the_words_of_aws(status, words):
    assert describe_end(status) == words
