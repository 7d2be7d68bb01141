"""What a function sees and what its caller gets, at every level, with real processes."""

import json

import pytest

from headrace.base.logtext import INNER_END
from headrace.ports.sandbox import InitStatus, InvokeStatus
from tests.unit.sandbox.bench import (
    ARN,
    REQUEST_ID,
    answer,
    invocation,
)

ECHO = "def handler(event, context):\n    return event\n"


def test_a_handler_answers_with_its_context_and_variables(bench):
    """lambda.md 10, row 24."""
    source = (
        "import os\n"
        "def handler(event, context):\n"
        "    left = context.get_remaining_time_in_millis()\n"
        "    return [event, context.aws_request_id, context.invoked_function_arn,\n"
        "            context.memory_limit_in_mb, context.log_stream_name, 0 < left <= 20000,\n"
        "            context.client_context.custom['k'], context.identity.cognito_identity_id,\n"
        "            os.environ['_X_AMZN_TRACE_ID'], os.environ['_HANDLER'], os.getcwd() == \n"
        "            os.environ['LAMBDA_TASK_ROOT'], os.environ['USER_VARIABLE']]\n"
    )

    async def story():
        async with bench:
            environment = await bench.start(source, variables={"USER_VARIABLE": "ä b"})
            outcome = await environment.invoke(
                invocation(
                    {"a": [1]}, trace_header="Root=1-5-7", client_context='{"custom":{"k":"v"}}'
                )
            )
            assert answer(outcome) == [
                {"a": [1]}, REQUEST_ID, ARN, "1769",
                "2026/11/25/[$LATEST]0123456789abcdef0123456789abcdef", True,
                "v", None, "Root=1-5-7", "app.handler", True, "ä b",
            ]  # fmt: skip
            assert outcome.environment_lives
            assert 5 < outcome.memory_peak_mb < 100

    bench.run(story())


def test_an_environment_keeps_its_globals_and_answers_again(bench):
    """lambda.md 10, row 7."""
    source = "n = 0\ndef handler(event, context):\n    global n\n    n += 1\n    return n\n"

    async def story():
        async with bench:
            environment = await bench.start(source)
            for expected in (1, 2, 3):
                assert answer(await environment.invoke(invocation(None))) == expected

    bench.run(story())


def test_a_handler_exception_becomes_the_document_of_aws(bench):
    source = 'def handler(event, context):\n    raise ValueError("no")\n'

    async def story():
        async with bench:
            environment = await bench.start(source)
            outcome = await environment.invoke(invocation(None))
            assert (outcome.status, outcome.error_type) == (InvokeStatus.ERROR, "ValueError")
            document = json.loads(outcome.payload)
            assert list(document) == ["errorMessage", "errorType", "requestId", "stackTrace"]
            assert document["requestId"] == REQUEST_ID
            (frame,) = document["stackTrace"]
            assert frame.endswith('app.py", line 2, in handler\n    raise ValueError("no")\n')
            assert answer_after_error(await environment.invoke(invocation(None)))
        heading = INNER_END.join([b"[ERROR] ValueError: no", b"Traceback (most recent call last):"])
        assert heading + INNER_END + b"\xc2\xa0\xc2\xa0File" in bench.log

    def answer_after_error(outcome):
        return outcome.environment_lives

    bench.run(story())


@pytest.mark.parametrize(
    "files, handler, kind, text",
    [
        (
            {"app.py": "import missing_module\n"},
            "app.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'app': No module named 'missing_module'",
        ),
        (
            {"other.py": ""},
            "app.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'app': No module named 'app'",
        ),
        (
            {"app.py": "x = 1\n"},
            "app.handler",
            "Runtime.HandlerNotFound",
            "Handler 'handler' missing on module 'app'",
        ),
        (
            {"app.py": ECHO},
            "handler",
            "Runtime.MalformedHandlerName",
            "Bad handler 'handler': not enough values to unpack (expected 2, got 1)",
        ),
        (
            {"app.py": "def handler(:\n"},
            "app.handler",
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'app': invalid syntax (app.py, line 1)",
        ),
        (
            {"sys.py": ECHO},
            "sys.handler",
            "Runtime.BuiltInModuleConflict",
            "Cannot use built-in module sys as a handler module",
        ),
        ({"app.py": "raise KeyError('k')\n"}, "app.handler", "KeyError", "'k'"),
    ],
)
def test_an_init_error_becomes_the_document_of_aws(bench, files, handler, kind, text):
    """lambda.md 10, row 10, L-A95."""

    async def story():
        async with bench:
            environment = await bench.start(files, handler=handler)
            assert environment.init.status is InitStatus.ERROR
            document = json.loads(environment.init.payload)
            assert (document["errorType"], document["errorMessage"]) == (kind, text)
            assert document["requestId"] == ""
            assert environment.exited.done()
        assert b"LAMBDA_WARNING: Unhandled exception." in bench.log
        assert b"[ERROR] " + kind.encode() in bench.log

    bench.run(story())


def test_handlers_in_folders_and_modules_named_like_the_standard_library_are_found(bench):
    """lambda.md L-A98."""

    async def story():
        async with bench:
            deep = {"a/b/c.py": ECHO, "queue.py": "def handler(e, c):\n    return 'mine'\n"}
            for name, expected in (("a/b/c.handler", 1), ("a.b.c.handler", 1)):
                assert answer(await bench.call(deep, 1, handler=name)) == expected
            assert answer(await bench.call(deep, 1, handler="queue.handler")) == "mine"

    bench.run(story())


@pytest.mark.parametrize(
    "expression, kind, text",
    [
        (
            "object()",
            "Runtime.MarshalError",
            "Unable to marshal response: Object of type object is not JSON serializable",
        ),
        (
            "{1, 2}",
            "Runtime.MarshalError",
            "Unable to marshal response: Object of type set is not JSON serializable",
        ),
    ],
)
def test_a_result_that_is_not_json_is_a_marshal_error(bench, expression, kind, text):
    async def story():
        async with bench:
            outcome = await bench.call(f"def handler(e, c):\n    return {expression}\n")
            assert (outcome.status, outcome.error_type) == (InvokeStatus.ERROR, kind)
            assert json.loads(outcome.payload) == {
                "errorMessage": text,
                "errorType": kind,
                "requestId": REQUEST_ID,
                "stackTrace": [],
            }

    bench.run(story())


def test_an_event_that_is_not_json_is_an_unmarshal_error(bench):
    async def story():
        async with bench:
            outcome = await bench.call(ECHO, b"{nope")
            assert outcome.error_type == "Runtime.UnmarshalError"

    bench.run(story())


def test_decimals_keep_their_digits(bench):
    source = "import decimal\ndef handler(e, c):\n    return [decimal.Decimal('1.10')]\n"

    async def story():
        async with bench:
            assert (await bench.call(source)).payload == b"[1.10]"

    bench.run(story())
