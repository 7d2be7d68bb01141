"""What a Node function writes: lines of the log, and answers bit by bit."""

import json

import pytest

from tests.clients.node_program import lines, started

# --- logs ------------------------------------------------------------------------------------


def test_console_lines_have_time_request_and_level(start):
    program = started(
        start(
            """
            console.log("before");
            exports.handler = async () => {
              console.log("a %s", "b", {c: 1});
              console.debug("d"); console.info("i"); console.warn("w"); console.error("e");
              console.trace("t"); console.fatal?.("f");
              console.log("two\\nlines");
            };
            """
        )
    )
    program.ask(None, "id-1")
    assert lines(program) == [
        ("undefined", "INFO", "before"),
        ("id-1", "INFO", "a b { c: 1 }"),
        ("id-1", "DEBUG", "d"),
        ("id-1", "INFO", "i"),
        ("id-1", "WARN", "w"),
        ("id-1", "ERROR", "e"),
        ("id-1", "TRACE", "t"),
        ("id-1", "FATAL", "f"),
        ("id-1", "INFO", "two\rlines"),
    ]


def test_json_lines_obey_the_level(start):
    program = started(
        start(
            """
            exports.handler = async () => {
              console.info("not this"); console.warn("this"); console.warn({a: 1});
              console.error("bad:", new RangeError("no")); console.error(10n);
              throw new TypeError("end");
            };
            """,
            variables={"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "WARN"},
        )
    )
    program.ask(None, "id-1")
    entries = [json.loads(line) for line in program.end().splitlines()]
    assert list(entries[0]) == ["timestamp", "level", "requestId", "message"]
    assert {(entry["requestId"]) for entry in entries} == {"id-1"}
    assert [(entry["level"], entry["message"]) for entry in entries[:2]] == [
        ("WARN", "this"),
        ("WARN", {"a": 1}),
    ]
    assert entries[2]["message"].startswith("bad: RangeError: no")
    assert (entries[2]["errorType"], entries[2]["errorMessage"]) == ("RangeError", "no")
    assert entries[2]["stackTrace"][0] == "RangeError: no"
    assert entries[3]["message"] == "10n"
    assert entries[4]["message"]["errorType"] == "TypeError"
    assert len(entries) == 5


def test_nothing_written_is_lost_when_the_process_ends_itself(start):
    program = started(
        start(
            "exports.handler = async () => { process.stdout.write('x'.repeat(1e6)); process.exit() }"
        )
    )
    program.send(None)
    assert program.wait() == (0, "x" * 1_000_000)


def test_a_line_waits_for_a_log_that_is_full(start):
    program = started(
        start(
            """
            exports.handler = async () => {
              process.stdout._handle.setBlocking(false);  // As a child process may do it.
              for (let i = 0; i < 20; i++) console.log("x".repeat(100_000));
            };
            """
        )
    )
    assert program.ask() == ("result", None)
    assert lines(program) == [("id-1", "INFO", "x" * 100_000)] * 20


# --- streaming -------------------------------------------------------------------------------


def test_a_streaming_handler_answers_bit_by_bit(start):
    program = started(
        start(
            """
            exports.handler = awslambda.streamifyResponse(async (event, stream, context) => {
              stream.setContentType("text/plain");
              stream.write("a" + event);
              stream.write(Buffer.alloc(2_500_000, "b"));
              stream.end();
            });
            """
        )
    )
    for event in (1, 2):
        program.send(event)
        assert program.receive() == ({"kind": "stream", "content_type": "text/plain"}, b"")
        assert program.receive() == ({"kind": "chunk"}, b"a%d" % event)
        large = b""
        while True:
            header, body = program.receive()
            if header["kind"] == "stream_end":
                break
            assert header == {"kind": "chunk"}
            assert len(body) <= 1_048_576
            large += body
        assert large == b"b" * 2_500_000


def test_what_is_no_text_is_streamed_as_json_and_a_value_is_warned_of(start):
    code = "async (event, stream) => { stream.write({a: [1]}); stream.end(new Uint8Array([98])); return 1 }"
    program = started(start(f"exports.handler = awslambda.streamifyResponse({code})"))
    program.send(None)
    assert program.receive()[0]["kind"] == "stream"
    assert [program.receive()[1] for _ in range(2)] == [b'{"a":[1]}', b"b"]
    assert program.receive()[0]["kind"] == "stream_end"
    assert lines(program) == [("id-1", "WARN", "Streaming handlers ignore return values.")]


def test_a_streamed_http_response_begins_with_its_head(start):
    program = started(
        start(
            """
            exports.handler = awslambda.streamifyResponse(async (event, stream) => {
              stream = awslambda.HttpResponseStream.from(stream, {statusCode: 201, headers: {a: "b"}});
              stream.write("body");
              stream.end();
            });
            """
        )
    )
    program.send(None)
    content_type = "application/vnd.awslambda.http-integration-response"
    assert program.receive() == ({"kind": "stream", "content_type": content_type}, b"")
    head = b'{"statusCode":201,"headers":{"a":"b"}}' + bytes(8)
    assert program.receive() == ({"kind": "chunk"}, head)
    assert program.receive() == ({"kind": "chunk"}, b"body")
    assert program.receive() == ({"kind": "stream_end"}, b"")


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        (
            "(event, stream) => {}",
            "Runtime.MalformedStreamingHandler",
            "Streaming does not support non-async handlers.",
        ),
        (
            "async (event, stream) => { stream.write('a'); stream.setContentType('b') }",
            "Runtime.InvalidStreamingOperation",
            "Cannot set content-type, too late.",
        ),
        (
            "async (event, stream) => { stream.write('a'); throw new RangeError('no') }",
            "RangeError",
            "no",
        ),
        ("async (event, stream) => { stream.write('a') }", "Runtime.NodeJsExit", None),
    ],
)
def test_a_streaming_handler_that_fails_is_an_error(start, code, kind, message):
    program = started(start(f"exports.handler = awslambda.streamifyResponse({code})"))
    program.send(None)
    header, body = program.receive()
    while header["kind"] in ("stream", "chunk"):
        header, body = program.receive()
    assert header == {"kind": "error", "type": kind}
    if message is not None:
        assert json.loads(body)["errorMessage"] == message
