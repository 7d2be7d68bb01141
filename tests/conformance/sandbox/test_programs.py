"""Functions that are programs of their own, over the Runtime API, at every level."""

import asyncio
import json
import os

from headrace.ports.sandbox import InitStatus, InvokeStatus
from tests.unit.sandbox.bench import ARN, REQUEST_ID, Stream, alive, answer, invocation
from tests.unit.sandbox.programs import bootstrap, streaming_bootstrap

ECHO = bootstrap("def handle(event, headers):\n    return event\n")


def test_events_are_answered_one_after_the_other(bench):
    async def story():
        async with bench:
            environment = await bench.start(ECHO, runtime="provided.al2023")
            assert environment.init.status is InitStatus.OK
            for event in (1, {"a": ["ü"]}, None, "x" * 1_000_000):
                outcome = await environment.invoke(invocation(event))
                assert answer(outcome) == event
            assert outcome.memory_peak_mb >= 1

    bench.run(story())


def test_the_program_sees_what_it_sees_on_lambda(bench, level):
    """lambda.md 10, row 17, L-A106, L-A111, L-C14."""
    source = (
        "def handle(event, headers):\n"
        "    own = {n.lower(): v for n, v in headers.items() if n.startswith('Lambda-')}\n"
        "    return [dict(os.environ), own, os.getcwd(), sorted(os.listdir('.'))]\n"
    )

    async def story():
        async with bench:
            outcome = await bench.call(
                bootstrap(source), runtime="provided.al2", handler="any thing", variables={"A": "b"}
            )
            variables, headers, folder, files = answer(outcome)
            assert variables["_HANDLER"] == "any thing"
            assert variables["A"] == "b"
            assert variables["AWS_LAMBDA_RUNTIME_API"].startswith("127.0.0.1:")
            assert not {"PWD", "SHLVL", "AWS_EXECUTION_ENV"} & variables.keys()
            assert "/var/lang" not in variables["PATH"] + variables["LD_LIBRARY_PATH"]
            assert headers["lambda-runtime-aws-request-id"] == REQUEST_ID
            assert headers["lambda-runtime-invoked-function-arn"] == ARN
            assert "lambda-runtime-trace-id" not in headers
            assert files == ["bootstrap"]
            if level in {"namespace", "strict"}:
                assert folder == variables["LAMBDA_TASK_ROOT"] == "/var/task"

    bench.run(story())


def test_the_fences_hold_for_programs(bench, level):
    source = (
        "def handle(event, headers):\n"
        "    status = open('/proc/self/status').read()\n"
        "    found = {line.split(':')[0]: line.split()[-1] for line in status.splitlines()}\n"
        "    sockets = [f for f in os.listdir('/proc/self/fd') if int(f) >= 100]\n"
        "    language = os.listdir('/var/lang') if os.path.exists('/var/lang') else []\n"
        "    return [found['NoNewPrivs'], found['Seccomp'], found['CapEff'], sockets, language]\n"
    )

    async def story():
        async with bench:
            outcome = await bench.call(bootstrap(source), runtime="provided.al2023")
            no_new_privileges, seccomp, capabilities, sockets, language = answer(outcome)
            assert (sockets, language) == ([], [])
            if level != "process":
                assert (no_new_privileges, seccomp, int(capabilities, 16)) == ("1", "2", 0)

    bench.run(story())


def test_an_error_is_an_error_and_the_program_lives(bench):
    source = "def handle(event, headers):\n    return 1 / event\n"

    async def story():
        async with bench:
            environment = await bench.start(bootstrap(source), runtime="provided.al2023")
            outcome = await environment.invoke(invocation(0))
            assert outcome.status is InvokeStatus.ERROR
            assert json.loads(outcome.payload)["errorType"] == "ZeroDivisionError"
            assert answer(await environment.invoke(invocation(2))) == 0.5

    bench.run(story())


def test_an_error_at_the_start_is_told(bench):
    source = "call('POST', 'init/error', '{\"errorType\":\"Runtime.Oh\"}')\nsys.exit(1)\n"

    async def story():
        async with bench:
            environment = await bench.start(bootstrap(source), runtime="provided.al2023")
            assert environment.init.status is InitStatus.ERROR
            assert environment.init.payload == b'{"errorType":"Runtime.Oh"}'
            assert environment.exited.done()

    bench.run(story())


def test_programs_that_cannot_be_run_are_named_as_on_aws(bench, level):
    reasons = {
        "app.py": "Couldn't find valid bootstrap(s): [{task}/bootstrap /opt/bootstrap]",
        "bootstrap": "fork/exec {task}/bootstrap: exec format error",
    }

    async def story():
        async with bench:
            for name, reason in reasons.items():
                environment = await bench.start({name: "no program"}, runtime="provided.al2023")
                init = environment.init
                assert (init.status, init.error_type) == (
                    InitStatus.FAULT,
                    "Runtime.InvalidEntrypoint",
                )
                if level in {"namespace", "strict"}:
                    assert init.payload.decode() == reason.format(task="/var/task")
                assert environment.exited.done()

    bench.run(story())


def test_ends_are_told_with_status_or_signal(bench):
    source = "def handle(event, headers):\n    log('bye')\n    %s\n"

    async def story():
        async with bench:
            died = await bench.call(
                bootstrap(source % "os._exit(event)"), 3, runtime="provided.al2"
            )
            assert (died.status, died.exit_status) == (InvokeStatus.EXITED, 3)
            killed = source % "os.kill(os.getpid(), event)"
            died = await bench.call(bootstrap(killed), 11, runtime="provided.al2")
            assert (died.status, died.signal) == (InvokeStatus.KILLED, 11)
            left = await bench.start(bootstrap("sys.exit(4)"), runtime="provided.al2")
            assert (left.init.status, left.init.exit_status) == (InitStatus.EXITED, 4)
        assert bench.log == b"bye\nbye\n"

    bench.run(story())


def test_a_time_out_kills_the_tree(bench):
    token = f"7{os.getpid()}.25"
    source = (
        "def handle(event, headers):\n"
        f"    subprocess.Popen(['sleep', '{token}'], start_new_session=True)\n"
        "    time.sleep(60)\n"
    )

    async def story():
        async with bench:
            environment = await bench.start(bootstrap(source), runtime="provided.al2023")
            outcome = await environment.invoke(invocation(None, 500))
            assert outcome.status is InvokeStatus.TIMED_OUT
            assert alive(token) == []

    bench.run(story())


def test_an_answer_counts_even_if_the_program_never_comes_back(bench):
    source = (
        "def handle(event, headers):\n"
        "    call('POST', 'invocation/%s/response' % headers['Lambda-Runtime-Aws-Request-Id'], '7')\n"
        "    if event: os._exit(1)\n"
        "    time.sleep(60)\n"
    )

    async def story():
        async with bench:
            for exits in (True, False):
                environment = await bench.start(bootstrap(source), runtime="provided.al2023")
                assert answer(await environment.invoke(invocation(exits, 1_000))) == 7
                await environment.exited

    bench.run(story())


def test_a_frozen_program_is_thawed_for_its_event(bench):
    async def story():
        async with bench:
            environment = await bench.start(ECHO, runtime="provided.al2023")
            environment.freeze()
            assert answer(await environment.invoke(invocation(5))) == 5

    bench.run(story())


def test_a_neighbour_cannot_speak_for_a_program(bench, level):
    spy = (
        "def handle(event, headers):\n"
        "    try:\n"
        "        connection = http.client.HTTPConnection(event, timeout=3)\n"
        "        connection.request('GET', '/2018-06-01/runtime/invocation/next')\n"
        "        return connection.getresponse().status\n"
        "    except (OSError, http.client.HTTPException) as error: return type(error).__name__\n"
    )
    victim = "def handle(event, headers):\n    return API\n"

    async def story():
        async with bench:
            environment = await bench.start(bootstrap(victim), runtime="provided.al2023")
            address = answer(await environment.invoke(invocation(None)))
            outcome = await bench.call(bootstrap(spy), address, runtime="provided.al2023")
            assert answer(outcome) in {"RemoteDisconnected", "ConnectionResetError"}
            assert answer(await environment.invoke(invocation(None))) == address

    bench.run(story())


def test_a_program_may_stream_and_waits_for_who_takes_it(bench):
    async def story():
        async with bench:
            environment = await bench.start(streaming_bootstrap(), runtime="provided.al2023")
            stream = Stream()
            stream.is_full = True
            event = {"pieces": ["x"], "times": 12, "size": 1_000_000, "type": "text/html"}
            running = asyncio.ensure_future(environment.invoke(invocation(event, stream=stream)))
            while not stream.pieces:
                await asyncio.sleep(0)
            for _ in range(2_000):
                await asyncio.sleep(0)
            assert not running.done()
            assert sum(map(len, stream.pieces)) < 8_000_000
            assert stream.content_type == "text/html"
            stream.make_room()
            outcome = await running
            assert (outcome.status, outcome.payload) == (InvokeStatus.ANSWERED, b"")
            assert sum(map(len, stream.pieces)) == 12_000_000
            assert answer(await environment.invoke(invocation({"pieces": ["1"]}))) == 1

    bench.run(story())


def test_a_program_that_breaks_off_what_it_streams_has_failed(bench):
    async def story():
        async with bench:
            environment = await bench.start(streaming_bootstrap(), runtime="provided.al2023")
            stream = Stream()
            event = {"pieces": ["a"], "break": True}
            outcome = await environment.invoke(invocation(event, stream=stream))
            assert outcome.status is InvokeStatus.ERROR
            assert outcome.error_type == "Runtime.TruncatedResponse"
            assert stream.pieces == [b"a"]

    bench.run(story())
