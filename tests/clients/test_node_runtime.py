"""The Node runtime as a program: what a handler sees, and what its caller is told."""

import json

import pytest

from tests.clients.node_program import lines, started

#: The last whose handlers have callbacks: the identifier decides, not the Node that serves it.
CALLBACKS = "nodejs22.x"


# --- loading ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("handler", "files"),
    [
        ("index.handler", {"index.js": "exports.handler = async () => 'here'"}),
        ("index.handler", {"index.cjs": "exports.handler = async () => 'here'"}),
        ("index.handler", {"index.mjs": "await 1; export const handler = async () => 'here'"}),
        ("index.handler", {"index/index.js": "exports.handler = async () => 'here'"}),
        ("src/a-b/app.run", {"src/a-b/app.js": "exports.run = async () => 'here'"}),
        ("index.api.v1.run", {"index.js": "exports.api = {v1: {run: async () => 'here'}}"}),
        (
            "src/index.handler",
            {
                "package.json": '{"type": "module"}',
                "src/index.js": "export const handler = async () => 'here'",
            },
        ),
        ("pkg.handler", {"node_modules/pkg/index.js": "exports.handler = async () => 'here'"}),
    ],
)
def test_handlers_are_found_where_aws_finds_them(start, handler, files):
    assert started(start(files, handler=handler)).ask() == ("result", "here")


@pytest.mark.parametrize(
    ("handler", "code", "kind", "message"),
    [
        ("index", "", "Runtime.MalformedHandlerName", "Bad handler"),
        (
            "../index.handler",
            "",
            "Runtime.MalformedHandlerName",
            (
                "'../index.handler' is not a valid handler name. Use absolute paths when "
                "specifying root directories in handler names."
            ),
        ),
        ("index.run", "", "Runtime.HandlerNotFound", "index.run is undefined or not exported"),
        (
            "index.a.b",
            "exports.a = {}",
            "Runtime.HandlerNotFound",
            "index.a.b is undefined or not exported",
        ),
        ("index.run", "exports.run = 5", "Runtime.HandlerNotFound", "index.run is not a function"),
        (
            "index.handler",
            "exports.handler = (",
            "Runtime.UserCodeSyntaxError",
            "SyntaxError: Unexpected token '}'",
        ),
        (
            "absent.handler",
            "",
            "Runtime.ImportModuleError",
            "Error: Cannot find module 'absent'\nRequire stack:\n- /var/runtime/index.mjs",
        ),
        (
            "index.handler",
            "require('absent')",
            "Runtime.ImportModuleError",
            "Error: Cannot find module 'absent'\nRequire stack:\n- TASK/index.js\n- /var/runtime/index.mjs",
        ),
        ("index.handler", "throw new TypeError('no')", "TypeError", "no"),
    ],
)
def test_what_cannot_be_loaded_is_told_in_aws_words(start, handler, code, kind, message):
    program = start(code, handler=handler)
    header, body = program.receive()
    message = message.replace("TASK", str(program.task))
    document = json.loads(body)
    if kind == "Runtime.UserCodeSyntaxError":  # Its text is V8's, and differs by version.
        message = document["errorMessage"]
        assert message.startswith("SyntaxError: ")
    assert header == {"kind": "init_error", "type": kind}
    assert list(document) == ["errorType", "errorMessage", "trace"]
    assert (document["errorType"], document["errorMessage"]) == (kind, message)
    assert "\n".join(document["trace"]).startswith(f"{kind}: {message}\n    at ")
    status, _ = program.wait()
    assert status == 129
    ((request_id, level, text),) = lines(program)
    assert (request_id, level) == ("undefined", "ERROR")
    title, told = text.split(" \t")
    assert title == "Uncaught Exception"
    logged = json.loads(told)
    assert list(logged)[:2] == ["errorType", "errorMessage"]
    assert (logged["errorType"], logged["stack"]) == (kind, document["trace"])


def test_a_missing_package_of_an_es_module_is_a_plain_error(start):
    program = start({"index.mjs": "import 'absent'"})
    header, body = program.receive()
    assert header == {"kind": "init_error", "type": "Error"}
    text = json.loads(body)["errorMessage"]
    assert text == f"Cannot find package 'absent' imported from {program.task}/index.mjs"


def test_a_promise_that_never_settles_while_loading_ends_with_nodes_status(start):
    status, log = start({"index.mjs": "await new Promise(() => {})"}).wait()
    assert (status, log) == (13, "")


def test_a_promise_rejected_while_loading_is_told(start):
    program = start({"index.mjs": "Promise.reject(new Error('no')); await new Promise(() => {})"})
    header, body = program.receive()
    assert header == {"kind": "init_error", "type": "Runtime.UnhandledPromiseRejection"}
    assert json.loads(body)["errorMessage"] == "Error: no"
    status, log = program.wait()
    assert status == 128
    assert "Unhandled Promise Rejection \t" in log


@pytest.mark.parametrize("suffix", ["js", "mjs"])
def test_both_module_systems_look_into_layers(start, tmp_path, suffix):
    layer = tmp_path / "opt" / "nodejs" / "node_modules" / "shared"
    layer.mkdir(parents=True)
    (layer / "package.json").write_text(
        '{"exports": {"import": "./index.mjs", "require": "./index.js"}}'
    )
    (layer / "index.js").write_text("exports.word = 'required'")
    (layer / "index.mjs").write_text("export const word = 'imported'")
    code = {
        "js": "const {word} = require('shared'); exports.handler = async () => word",
        "mjs": "import {word} from 'shared'; export const handler = async () => word",
    }[suffix]
    program = start(
        {f"index.{suffix}": code},
        variables={"NODE_PATH": f"/nowhere/node_modules:{layer.parent}"},
    )
    word = {"js": "required", "mjs": "imported"}[suffix]
    assert started(program).ask() == ("result", word)


# --- handlers --------------------------------------------------------------------------------


def test_an_async_handler_answers_event_after_event(start):
    program = started(start("let n = 0; exports.handler = async (event) => [++n, event]"))
    assert program.ask({"a": "é"}) == ("result", [1, {"a": "é"}])
    assert program.ask("x" * 1_000_000) == ("result", [2, "x" * 1_000_000])
    assert program.ask(None) == ("result", [3, None])


@pytest.mark.parametrize("value", ["undefined", "null", "() => 1", "Symbol('a')"])
def test_what_is_no_json_is_null(start, value):
    assert started(start(f"exports.handler = async () => ({value})")).ask() == ("result", None)


def test_a_buffer_is_told_as_json_tells_it(start):
    program = started(start("exports.handler = async () => Buffer.from('ab')"))
    assert program.ask() == ("result", {"type": "Buffer", "data": [97, 98]})


@pytest.mark.parametrize("code", ["10n", "(() => {const a = {}; a.a = a; return a})()"])
@pytest.mark.parametrize(
    ("runtime", "name"), [(CALLBACKS, "Error"), ("nodejs24.x", "Runtime.JSONStringifyError")]
)
def test_what_cannot_be_told_is_an_error(start, code, runtime, name):
    program = started(start(f"exports.handler = async () => {code}", runtime=runtime))
    kind, document = program.ask()
    assert kind == "error"
    assert document["errorType"] == name
    assert document["errorMessage"] == "Unable to stringify response body"
    assert program.ask()[0] == "error"  # And it lives.


def test_a_result_may_have_6_mib_and_100_bytes(start):
    program = started(start("exports.handler = async (count) => 'x'.repeat(count)"))
    assert program.ask(6_291_554) == ("result", "x" * 6_291_554)
    assert program.ask(6_291_555) == ("too_large", None)
    assert program.ask(1) == ("result", "x")


def test_callbacks_wait_for_an_empty_event_loop(start):
    """lambda.md 10, row 9."""
    program = started(
        start(
            """
            let late = false;
            exports.handler = (event, context, callback) => {
              if (event === "late?") { callback(null, late); return; }
              context.callbackWaitsForEmptyEventLoop = event;
              setTimeout(() => { late = true; console.log("late"); }, 30);
              callback(null, late);
            };
            """,
            runtime=CALLBACKS,
        )
    )
    assert program.ask(True, "a") == ("result", False)
    assert program.ask("late?", "b") == ("result", True)
    assert lines(program) == [("a", "INFO", "late")]


def test_callbacks_need_not_wait(start):
    """lambda.md 10, row 9."""
    program = started(
        start(
            """
            exports.handler = (event, context, callback) => {
              context.callbackWaitsForEmptyEventLoop = false;
              setInterval(() => {}, 1000);
              callback(null, "at once");
            };
            """,
            runtime=CALLBACKS,
        )
    )
    assert program.ask() == ("result", "at once")


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("callback(new RangeError('no'))", ("error", "RangeError", "no")),
        ("callback('no')", ("error", "string", "no")),
        ("callback(null, 1); callback(null, 2)", ("result", 1)),
        ("callback(null, 1); return Promise.resolve(2)", ("result", 1)),
        ("callback(null, 1); return Promise.reject(new Error('late'))", ("result", 1)),
        ("callback(null, 1); throw new Error('late')", ("result", 1)),
        ("context.succeed(1); context.fail('late')", ("result", 1)),
        ("context.done(null, 1)", ("result", 1)),
        ("context.done('no')", ("error", "string", "no")),
        ("context.fail()", ("error", "string", "handled")),
        ("setInterval(() => {}, 1000); context.succeed(1)", ("result", 1)),
        ("return 1", ("result", None)),
        ("", ("result", None)),
    ],
)
def test_a_plain_handler_answers_through_its_callback_or_context(start, code, answer):
    code = f"exports.handler = (event, context, callback) => {{ {code} }}"
    program = started(start(code, runtime=CALLBACKS))
    kind, value = program.ask()
    if kind == "error":
        value = value["errorType"], value["errorMessage"]
        assert (kind, *value) == answer
    else:
        assert (kind, value) == answer


def test_an_async_handler_may_answer_through_its_callback(start):
    """As the clients of nodejs22.x and before have it: what is said first counts."""
    code = "exports.handler = async (event, context, callback) => { callback(null, event); }"
    assert started(start(code, runtime=CALLBACKS)).ask("called back") == ("result", "called back")


def test_what_a_module_exports_by_default_counts_from_24_on(start):
    files = {"index.mjs": "export default { ns: { handler: async (event) => event } };"}
    names = {"handler": "index.ns.handler"}
    assert started(start(files, runtime="nodejs24.x", **names)).ask(5) == ("result", 5)
    header, _ = start(files, runtime=CALLBACKS, **names).receive()
    assert header == {"kind": "init_error", "type": "Runtime.HandlerNotFound"}


def test_callbacks_are_refused_from_24_on(start):
    program = start("exports.handler = (event, context, callback) => {}", runtime="nodejs24.x")
    header, body = program.receive()
    assert header == {"kind": "init_error", "type": "Runtime.CallbackHandlerDeprecated"}
    assert json.loads(body)["errorMessage"].startswith(
        "AWS Lambda has removed support for callback-based function handlers starting with Node.js 24."
    )


def test_a_plain_handlers_value_counts_from_24_on(start):
    code = "exports.handler = (event, context) => [event, 'done' in context]"
    assert started(start(code, runtime="nodejs24.x")).ask(5) == ("result", [5, False])


def test_the_context_has_what_aws_gives(start):
    program = started(
        start(
            """
            exports.handler = async (event, context) => ({
              ...context,
              remaining: context.getRemainingTimeInMillis() <= 0,
              trace: process.env._X_AMZN_TRACE_ID,
              argv: process.argv.slice(1),
            });
            """,
            runtime="nodejs24.x",
        )
    )
    kind, told = program.ask(None, "id-7", trace="Root=1", client_context='{"custom": {"aKey": 1}}')
    assert kind == "result"
    assert told == {
        "functionVersion": "$LATEST",
        "functionName": "orders",
        "memoryLimitInMB": "128",
        "logGroupName": "/aws/lambda/orders",
        "logStreamName": "2026/11/28/[$LATEST]00",
        "clientContext": {"custom": {"aKey": 1}},
        "invokedFunctionArn": "arn:orders",
        "awsRequestId": "id-7",
        "remaining": True,
        "trace": "Root=1",
        "argv": ["/var/runtime/index.mjs"],
    }
    assert "trace" not in program.ask()[1]


# --- errors ----------------------------------------------------------------------------------


def test_what_a_handler_throws_is_told_and_logged(start):
    program = started(
        start(
            """
            class OrderError extends Error {
              constructor(text) { super(text); this.name = "OrderError"; this.code = "E1"; this.order = 7; }
            }
            exports.handler = async () => { throw new OrderError("not\\nthere"); };
            """
        )
    )
    kind, document = program.ask(None, "id-9")
    assert kind == "error"
    assert list(document) == ["errorType", "errorMessage", "trace"]
    assert (document["errorType"], document["errorMessage"]) == ("OrderError", "not\nthere")
    assert document["trace"][1] == "there"
    assert any("task/index.js:5" in frame for frame in document["trace"])
    ((request_id, level, text),) = lines(program)
    assert (request_id, level) == ("id-9", "ERROR")
    title, told = text.split(" \t")
    assert title == "Invoke Error"
    logged = json.loads(told)
    assert list(logged) == ["errorType", "errorMessage", "code", "name", "order", "stack"]
    assert (logged["code"], logged["order"]) == ("E1", 7)


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        ("throw 'words'", "string", "words"),
        ("throw 5", "number", "5"),
        ("throw {a: 1}", "object", "[object Object]"),
        ("throw undefined", "undefined", "undefined"),
        ("throw Object.create(null)", "handled", None),
    ],
)
def test_what_is_no_error_is_told_by_its_type(start, code, kind, message):
    program = started(start(f"exports.handler = async () => {{ {code} }}"))
    answer, document = program.ask()
    assert answer == "error"
    assert document["errorType"] == kind
    assert document["trace"] == []
    if message is not None:
        assert document["errorMessage"] == message
    assert program.ask()[0] == "error"  # And it lives.


def test_an_async_handler_that_can_never_answer_is_an_error(start):
    program = started(start("exports.handler = async () => { await new Promise(() => {}); }"))
    for _ in range(2):
        kind, document = program.ask()
        assert (kind, document["errorType"]) == ("error", "Runtime.NodeJsExit")
        assert document["errorMessage"].startswith(
            "The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly "
            "caused by a Promise that was never settled."
        )


@pytest.mark.parametrize(
    ("code", "kind", "message", "title", "status"),
    [
        (
            "Promise.reject(new RangeError('no'))",
            "Runtime.UnhandledPromiseRejection",
            "RangeError: no",
            "Unhandled Promise Rejection",
            128,
        ),
        (
            "setTimeout(() => { throw new RangeError('no') }, 1)",
            "RangeError",
            "no",
            "Uncaught Exception",
            129,
        ),
    ],
)
def test_what_nobody_catches_is_told_and_ends_the_process(
    start, code, kind, message, title, status
):
    program = started(
        start(
            f"exports.handler = async () => {{ {code}; await new Promise((r) => setTimeout(r, 5000)) }}"
        )
    )
    program.send(None, "id-3")
    header, body = program.receive()
    assert header == {"kind": "error", "type": kind, "exits": True}
    document = json.loads(body)
    assert (document["errorType"], document["errorMessage"]) == (kind, message)
    ended, _ = program.wait()
    assert ended == status
    ((request_id, level, text),) = lines(program)
    assert (request_id, level) == ("id-3", "ERROR")
    assert text.startswith(f'{title} \t{{"errorType":"{kind}","errorMessage":"{message}"')


def test_a_process_that_ends_itself_says_nothing(start):
    program = started(start("exports.handler = async () => process.exit(3)"))
    program.send(None)
    assert program.wait() == (3, "")
