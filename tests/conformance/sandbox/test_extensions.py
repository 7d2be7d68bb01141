"""Extensions live beside runtimes of every protocol, at every level (spec/lambda.md 3.7, 4.1)."""

import asyncio
import json

import pytest

from headrace.ports.sandbox import ExtensionFound, InitStatus, InvokeStatus, Layer
from tests.unit.sandbox.bench import ARN, REQUEST_ID, answer, invocation, make_archive
from tests.unit.sandbox.programs import bootstrap, extension

PYTHON = {"source": "print('init')\ndef handler(e, c):\n    print('work')\n    return e\n"}
PROGRAM = {
    "source": bootstrap("log('init')\ndef handle(e, h):\n    log('work')\n    return e\n"),
    "runtime": "provided.al2023",
}
LISTENER = extension(
    "log('starting')\n"
    "me = register('INVOKE', 'SHUTDOWN')\n"
    "time.sleep(0.1)\n"
    "while True:\n"
    "    event = next_event(me)\n"
    "    time.sleep(0.1)\n"
    "    log(event['eventType'], event.get('requestId') or event['shutdownReason'])\n"
    "    if event['eventType'] == 'SHUTDOWN': break\n"
)


def layer(folder, **programs):
    files = {f"extensions/{name}": text for name, text in programs.items()}
    return (Layer(*make_archive(folder, files)),)


@pytest.fixture(params=[PYTHON, PROGRAM], ids=["frames", "http"])
def function(request):
    """A function that speaks frames, and one that speaks HTTP."""
    return dict(request.param)


def test_extensions_come_before_the_runtime_and_are_told_of_events_and_the_end(
    bench, tmp_path, function
):
    async def story():
        async with bench:
            given = layer(tmp_path, listener=LISTENER)
            environment = await bench.start(**function, layers=given)
            assert environment.init.status is InitStatus.OK, environment.init
            assert bytes(bench.log) == b"starting\ninit\n"
            assert answer(await environment.invoke(invocation(1))) == 1
            # The invoke is over when the extension has done its work, and not before.
            assert sorted(bytes(bench.log).split(b"\n")[2:]) == sorted(
                [b"work", b"INVOKE " + REQUEST_ID.encode(), b""]
            )
            environment.freeze()
            assert answer(await environment.invoke(invocation(2))) == 2
            await environment.kill()
        assert bytes(bench.log).endswith(b"SHUTDOWN spindown\n")

    bench.run(story())


def test_the_runtime_gets_sigterm_before_the_extensions_hear(bench, tmp_path):
    """lambda.md 10, row 39, 11, item 20."""
    source = (
        "def bye(*_): log('runtime ends'); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, bye)\n"
        "def handle(e, h): return e\n"
    )

    async def story():
        async with bench:
            environment = await bench.start(
                bootstrap(source), runtime="provided.al2023", layers=layer(tmp_path, l=LISTENER)
            )
            environment.freeze()
            await environment.kill()
        assert bytes(bench.log) == b"starting\nruntime ends\nSHUTDOWN spindown\n"

    bench.run(story())


def test_extensions_hear_of_time_outs_and_crashes(bench, tmp_path, function):
    wait = "    import time; time.sleep(60)\n"
    die = "    import os; os._exit(3)\n"

    def with_work(work):
        source = function["source"]
        if isinstance(source, dict):
            return function | {"source": bootstrap(f"def handle(e, h):\n{work}")}
        return function | {"source": f"def handler(e, c):\n{work}"}

    async def story():
        async with bench:
            given = layer(tmp_path, listener=LISTENER)
            environment = await bench.start(**with_work(wait), layers=given)
            outcome = await environment.invoke(invocation(1, 500))
            assert outcome.status is InvokeStatus.TIMED_OUT
            assert outcome.duration_ns < 1_500_000_000
            await environment.exited
            assert bytes(bench.log).endswith(b"SHUTDOWN timeout\n")
            environment = await bench.start(**with_work(die), layers=given)
            outcome = await environment.invoke(invocation(1))
            assert (outcome.status, outcome.exit_status) == (InvokeStatus.EXITED, 3)
            assert environment.exited.done()
            assert bytes(bench.log).endswith(b"SHUTDOWN failure\n")

    bench.run(story())


def test_an_extension_that_never_ends_is_killed_in_time(bench, tmp_path):
    stubborn = extension(
        "me = register('SHUTDOWN')\nlog(next_event(me)['shutdownReason'])\ntime.sleep(60)\n"
    )

    async def story():
        async with bench:
            environment = await bench.start(**PYTHON, layers=layer(tmp_path, s=stubborn))
            loop = asyncio.get_running_loop()
            start = loop.time()
            await environment.kill()
            assert loop.time() - start >= 1.9
        assert bytes(bench.log).endswith(b"spindown\n")

    bench.run(story())


@pytest.mark.parametrize(
    "program, error_type, reason",
    [
        (extension("sys.exit(3)\n"), "Extension.Crash", "exit status 3"),
        ("no program", "Extension.LaunchError", "exec format error"),
        (
            extension(
                "me = register()\n"
                "me['Lambda-Extension-Function-Error-Type'] = 'Extension.Oh'\n"
                "call('POST', '/2020-01-01/extension/init/error', '{}', me)\n"
                "time.sleep(60)\n"
            ),
            "Extension.InitError",
            "Extension.Oh",
        ),
    ],
    ids=["crash", "launch", "init"],
)
def test_an_extension_that_fails_takes_the_init_phase_with_it(
    bench, tmp_path, program, error_type, reason
):
    async def story():
        async with bench:
            environment = await bench.start(**PYTHON, layers=layer(tmp_path, e=program))
            init = environment.init
            assert (init.status, init.error_type) == (InitStatus.FAULT, error_type)
            assert init.payload.decode().endswith(reason)
            assert environment.exited.done()

    bench.run(story())


def test_an_extension_that_dies_at_work_fails_the_invoke(bench, tmp_path, function):
    program = extension("me = register('INVOKE')\nnext_event(me)\nsys.exit(0)\n")

    async def story():
        async with bench:
            environment = await bench.start(**function, layers=layer(tmp_path, e=program))
            outcome = await environment.invoke(invocation(1))
            assert (outcome.status, outcome.error_type, outcome.payload) == (
                InvokeStatus.FAULT,
                "Extension.Crash",
                b"exit code 0",
            )
            assert environment.exited.done()

    bench.run(story())


def test_an_extension_at_work_when_the_time_is_over_does_not_cost_the_answer(bench, tmp_path):
    slow = extension("me = register('INVOKE')\nnext_event(me)\ntime.sleep(60)\n")

    async def story():
        async with bench:
            environment = await bench.start(**PYTHON, layers=layer(tmp_path, e=slow))
            assert answer(await environment.invoke(invocation(7, 500))) == 7
            await environment.exited

    bench.run(story())


def test_extensions_see_the_function_and_not_what_is_the_runtimes(bench, tmp_path):
    program = extension(
        "headers = {'Lambda-Extension-Name': 'e', 'Lambda-Extension-Accept-Feature': 'accountId'}\n"
        "_, given, about = call('POST', '/2020-01-01/extension/register', '{\"events\":[]}', headers)\n"
        "log(json.dumps([about, sorted(os.environ), os.getcwd()]))\n"
        "next_event({'Lambda-Extension-Identifier': given['Lambda-Extension-Identifier']})\n"
    )
    account = {"AWS_ACCESS_KEY_ID": "000000000000"}

    async def story():
        async with bench:
            environment = await bench.start(
                "def handler(e, c): return e\n",
                layers=layer(tmp_path, e=program),
                variables=account,
            )
            assert environment.init.status is InitStatus.OK
            assert environment.init.extensions == (ExtensionFound("e", "Ready"),)
            about, names, folder = json.loads(bytes(bench.log).partition(b"\n")[0])
            assert about == {
                "functionName": "f",
                "functionVersion": "$LATEST",
                "handler": "app.handler",
                "accountId": "000000000000",
            }
            assert folder == "/"
            assert {"AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_RUNTIME_API"} <= set(names)
            assert not {"_HANDLER", "AWS_LAMBDA_LOG_GROUP_NAME"} & set(names)

    bench.run(story())


def test_an_internal_extension_is_told_of_events_only(bench, tmp_path):
    source = (
        "import http.client, json, os, threading\n"
        "def call(method, path, body, headers):\n"
        "    connection = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])\n"
        "    connection.request(method, '/2020-01-01/extension/' + path, body, headers)\n"
        "    answer = connection.getresponse()\n"
        "    return answer.status, answer.headers, json.loads(answer.read())\n"
        "def register(*events):\n"
        "    body = json.dumps({'events': events})\n"
        "    return call('POST', 'register', body, {'Lambda-Extension-Name': 'inside'})\n"
        "refused = register('SHUTDOWN')[2]['errorType']\n"
        "me = {'Lambda-Extension-Identifier': register('INVOKE')[1]['Lambda-Extension-Identifier']}\n"
        "def listen():\n"
        "    while True: print(call('GET', 'event/next', None, me)[2]['invokedFunctionArn'])\n"
        "threading.Thread(target=listen, daemon=True).start()\n"
        "def handler(e, c): return [refused, register()[0]]\n"
    )

    async def story():
        async with bench:
            given = (Layer(*make_archive(tmp_path, {"nothing": "here"})),)
            outcome = await bench.call(source, layers=given)
            assert answer(outcome) == ["ShutdownEventNotSupportedForInternalExtension", 403]
        assert bytes(bench.log) == ARN.encode() + b"\n"

    bench.run(story())
