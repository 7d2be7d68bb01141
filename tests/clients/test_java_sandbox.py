"""Java functions in real environments, at every level of the sandbox."""

import asyncio
import io
import json
import zipfile

import pytest

from headrace.base.logtext import INNER_END
from headrace.ports.sandbox import Layer
from headrace.sandbox.levels import LEVELS
from tests.clients.sandboxes import sandbox_at
from tests.unit.sandbox.bench import (
    REQUEST_ID,
    Bench,
    answer,
    invocation,
    make_archive,
    open_to_all,
)

ORDERS = {"runtime": "java17", "handler": "example.Orders"}
HAS_ROOT = ("namespace", "strict")


@pytest.fixture(scope="module", params=LEVELS)
def shared(request, tmp_path_factory, java_runtimes):
    """A sandbox of each level that this machine allows, and the loop that it lives on."""
    with sandbox_at(request.param, tmp_path_factory.mktemp("sandbox")) as shared:
        yield shared


@pytest.fixture
def bench(shared, tmp_path):
    box, runner = shared
    return Bench(tmp_path, box, runner)


def test_a_function_works_inside_its_fences(bench, java_package):
    """Events, the context, threads, files, logs, errors, a big answer, and its own end."""

    async def story():
        async with bench:
            environment = await bench.start(java_package, **ORDERS)
            assert environment.init.status.value == "ok", (environment.init, bytes(bench.log))
            assert bytes(bench.log) == b"loading\n"
            outcome = await environment.invoke(
                invocation(
                    {"a": "ä"}, client_context='{"custom": {"k": "v"}}', trace_header="Root=1-2-3"
                )
            )
            told = answer(outcome)
            variables = told.pop("variables")
            assert 0 < told.pop("remaining") <= 20_000
            assert told.pop("home") == (
                "/var/lang" if bench.box.level in HAS_ROOT else told_home(bench)
            )
            assert told == {
                "event": {"a": "ä"},
                "calls": 1,
                "requestId": REQUEST_ID,
                "arn": "arn:aws:lambda:eu-central-1:000000000000:function:f",
                "name": "f",
                "version": "$LATEST",
                "memory": 1769,
                "group": "/aws/lambda/f",
                "stream": "2026/11/25/[$LATEST]0123456789abcdef0123456789abcdef",
                "client": {"k": "v"},
                "trace": "Root=1-2-3",
                "java": "17",
                "heap": 1453,
            }
            assert variables["AWS_EXECUTION_ENV"] == "AWS_Lambda_java17"
            assert not {"PWD", "SHLVL", "_X_AMZN_TRACE_ID"} & set(variables)
            assert 20 < outcome.memory_peak_mb <= 1769

            environment.freeze()
            summed = await environment.invoke(invocation({"do": "threads", "count": 100}))
            assert answer(summed) == sum(number * number for number in range(100))
            written = answer(await environment.invoke(invocation({"do": "write"})))
            assert written == {"temporary": True, "code": bench.box.level == "process"}

            bench.log.clear()
            assert answer(await environment.invoke(invocation({"do": "log"}))) is None
            assert bytes(bench.log).replace(INNER_END, b"|").decode() == (
                "by the logger|\ntwo|lines|\nby System.out: äöü\nby System.err\nwithout an end\n"
            )

            bench.log.clear()
            outcome = await environment.invoke(invocation({"do": "throw"}))
            assert outcome.status.value == "error"
            assert json.loads(outcome.payload) == {
                "errorMessage": "no such order",
                "errorType": "java.lang.IllegalArgumentException",
                "stackTrace": [
                    "example.Orders.handleRequest(Orders.java:26)",
                    "example.Orders.handleRequest(Orders.java:10)",
                ],
            }
            assert bench.log.count(b"\n") == 1, bytes(bench.log)
            lines = bench.log.split(INNER_END)
            assert lines[0] == b"no such order: java.lang.IllegalArgumentException"
            assert b"Caused by: java.lang.RuntimeException: the cause" in lines

            outcome = await environment.invoke(invocation({"do": "size", "size": 6_291_556}))
            assert len(outcome.payload) == 6_291_556
            outcome = await environment.invoke(invocation({"do": "size", "size": 6_291_557}))
            assert outcome.status.value == "too_large"

    bench.run(story())


def told_home(bench):
    """Return where the Java of this machine lies."""
    return next(one.path for one in bench.box.runtimes() if one.runtime == "java17").removesuffix(
        "/bin/java"
    )


def test_memory_is_limited(bench, java_package):
    """Beyond the heap there is Java's own error; beyond the function's memory, the end."""

    async def story():
        async with bench:
            environment = await bench.start(java_package, memory_mb=256, **ORDERS)
            outcome = await environment.invoke(invocation({"do": "fill"}, timeout_ms=40_000))
            if outcome.status.value == "error":
                assert json.loads(outcome.payload)["errorType"] == "java.lang.OutOfMemoryError"
            else:
                assert outcome.status.value in ("out_of_memory", "exited", "killed")
            await environment.kill()
            variables = {"JAVA_TOOL_OPTIONS": "-XX:MaxDirectMemorySize=2g"}
            environment = await bench.start(
                java_package, memory_mb=256, variables=variables, **ORDERS
            )
            outcome = await environment.invoke(invocation({"do": "native"}, timeout_ms=40_000))
            if bench.box._posture.groups is not None:
                assert outcome.status.value == "out_of_memory"
            else:
                assert outcome.status.value in ("error", "exited", "killed")

    bench.run(story())


def test_a_function_that_ends_its_process_is_told(bench, java_package):
    async def story():
        async with bench:
            outcome = await bench.call(java_package, {"do": "exit"}, **ORDERS)
            assert (outcome.status.value, outcome.exit_status) == ("exited", 3)

    bench.run(story())


def test_classes_of_a_layer_are_found(bench, java_package, tmp_path):
    """A class that only a layer has is served as a handler."""
    jar = io.BytesIO()
    with zipfile.ZipFile(jar, "w") as classes:
        classes.writestr("example/Upper.class", java_package["example/Upper.class"])
    layer = Layer(*make_archive(tmp_path, {"java/lib/upper.jar": jar.getvalue()}))

    async def story():
        async with bench:
            upper = {"runtime": "java17", "handler": "example.Upper", "layers": (layer,)}
            assert answer(await bench.call({"empty.txt": ""}, "a", **upper)) == "A"

    bench.run(story())


def test_time_is_limited(bench, java_package):
    async def story():
        async with bench:
            environment = await bench.start(java_package, **ORDERS)
            outcome = await environment.invoke(invocation({"do": "hang"}, timeout_ms=300))
            assert outcome.status.value == "timed_out"

    bench.run(story())


def test_without_control_groups_a_small_function_starts(tmp_path, java_package, java_runtimes):
    """RLIMIT_DATA leaves room for what a virtual machine maps beside its heap."""

    async def story():
        async with Bench.open(tmp_path, cgroups=False) as bench:
            variables = {"AWS_LAMBDA_LOG_FORMAT": "JSON"}
            environment = await bench.start(
                java_package, memory_mb=128, variables=variables, **ORDERS
            )
            assert environment.init.status.value == "ok", (environment.init, bytes(bench.log))
            summed = await environment.invoke(invocation({"do": "threads", "count": 100}))
            assert answer(summed) == sum(number * number for number in range(100))
            await environment.invoke(invocation({"do": "log"}))
            lines = [json.loads(line) for line in bench.log.splitlines() if line.startswith(b"{")]
            assert [line["message"] for line in lines] == ["by the logger", "two\nlines"]
            assert {line["AWSRequestId"] for line in lines} == {REQUEST_ID}
            outcome = await environment.invoke(invocation({"do": "native"}, timeout_ms=40_000))
            assert outcome.status.value != "answered"

    open_to_all(tmp_path)
    asyncio.run(story())
