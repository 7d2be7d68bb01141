"""Node functions in real environments, at every level of the sandbox."""

import asyncio
import json

import pytest

from headrace.sandbox.levels import LEVELS
from tests.clients.sandboxes import sandbox_at
from tests.unit.sandbox.bench import Bench, Stream, invocation

NODE = {"runtime": "nodejs20.x", "handler": "index.handler"}


@pytest.fixture(scope="module", params=LEVELS)
def shared(request, tmp_path_factory, node):
    """A sandbox of each level that this machine allows, and the loop that it lives on."""
    with sandbox_at(request.param, tmp_path_factory.mktemp("sandbox")) as shared:
        yield shared


@pytest.fixture
def bench(shared, tmp_path):
    box, runner = shared
    return Bench(tmp_path, box, runner)


def test_an_event_is_answered_inside_the_fences(bench):
    files = {
        "index.js": """
            const fs = require("fs");
            exports.handler = async (event) => {
              fs.writeFileSync(require("os").tmpdir() + "/a", "kept");
              let refused = null;
              try { fs.writeFileSync(__filename, "x"); } catch (error) { refused = error.code; }
              return {event, refused, version: process.versions.node.split(".")[0] >= 18};
            };
        """
    }

    async def story():
        async with bench:
            environment = await bench.start(files, **NODE)
            assert environment.init.status.value == "ok", (environment.init, bytes(bench.log))
            for event in (1, 2):
                outcome = await environment.invoke(invocation(event))
                assert outcome.status.value == "answered"
                told = json.loads(outcome.payload)
                if bench.box.level != "process":
                    assert told.pop("refused") in ("EACCES", "EROFS", "EPERM")
                assert (told["event"], told["version"]) == (event, True)
                assert 20 < outcome.memory_peak_mb <= 1769
                environment.freeze()

    bench.run(story())


def test_memory_is_limited_by_the_heap_at_least(bench):
    files = {
        "index.js": """
            exports.handler = async () => {
              const kept = [];
              for (;;) kept.push(new Array(100000).fill(kept.length + 0.5));
            };
        """
    }

    async def story():
        async with bench:
            outcome = await bench.call(files, memory_mb=128, timeout_ms=60_000, **NODE)
            assert outcome.status.value in ("out_of_memory", "killed")

    bench.run(story())


def test_an_error_that_ends_the_process_is_an_answer_of_a_dead_environment(bench):
    files = {
        "index.js": """
            exports.handler = async () => {
              Promise.reject(new RangeError("no"));
              await new Promise((resolve) => setTimeout(resolve, 5000));
            };
        """
    }

    async def story():
        async with bench:
            environment = await bench.start(files, **NODE)
            outcome = await environment.invoke(invocation({}))
            assert outcome.status.value == "error"
            assert outcome.error_type == "Runtime.UnhandledPromiseRejection"
            assert json.loads(outcome.payload)["errorMessage"] == "RangeError: no"
            assert environment.exited.done()
            assert b"Unhandled Promise Rejection" in bench.log

    bench.run(story())


def test_a_process_that_ends_itself_is_told(bench):
    async def story():
        async with bench:
            source = {"index.js": "exports.handler = async () => process.exit(3)"}
            outcome = await bench.call(source, **NODE)
            assert (outcome.status.value, outcome.exit_status) == ("exited", 3)

    bench.run(story())


def test_a_streamed_answer_is_whole(bench):
    files = {
        "index.mjs": """
            export const handler = awslambda.streamifyResponse(async (event, stream) => {
              for (let i = 0; i < event; i++) stream.write("x".repeat(100000));
              stream.end();
            });
        """
    }

    async def story():
        async with bench:
            environment = await bench.start(files, **NODE)
            outcome = await environment.invoke(invocation(20))
            assert (outcome.status.value, outcome.payload) == ("answered", b"x" * 2_000_000)
            outcome = await environment.invoke(invocation(63))
            assert outcome.status.value == "too_large"
            assert (await environment.invoke(invocation(0))).payload == b""

    bench.run(story())


def test_a_streamed_answer_leaves_bit_by_bit_and_waits_for_its_taker(bench):
    files = {
        "index.mjs": """
            import { pipeline } from "node:stream/promises";
            import { Readable } from "node:stream";
            function* pieces(count) {
              for (let i = 0; i < count; i++) { console.log("piece"); yield Buffer.alloc(100000); }
            }
            export const handler = awslambda.streamifyResponse(async (event, stream) => {
              if (event.status) stream = awslambda.HttpResponseStream.from(stream, event.status);
              if (event.type) stream.setContentType(event.type);
              await pipeline(Readable.from(pieces(event.pieces)), stream);
              if (event.error) throw new RangeError(event.error);
            });
        """
    }

    async def story():
        async with bench:
            environment = await bench.start(files, **NODE)
            stream = Stream()
            stream.is_full = True
            event = {"pieces": 300, "type": "text/html"}
            running = asyncio.ensure_future(environment.invoke(invocation(event, stream=stream)))
            while not stream.pieces:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.3)
            assert not running.done()
            assert stream.content_type == "text/html"
            assert sum(map(len, stream.pieces)) < 1_000_000  # the rest is not even made
            assert bench.log.count(b"piece") < 30
            stream.make_room()
            outcome = await running
            assert (outcome.status.value, outcome.payload) == ("answered", b"")
            assert sum(map(len, stream.pieces)) == 30_000_000

            stream = Stream()
            event = {"pieces": 1, "error": "no", "status": {"statusCode": 201}}
            outcome = await environment.invoke(invocation(event, stream=stream))
            assert outcome.status.value == "error"
            assert json.loads(outcome.payload)["errorType"] == "RangeError"
            assert stream.content_type == "application/vnd.awslambda.http-integration-response"
            assert b"".join(stream.pieces) == b'{"statusCode":201}' + bytes(8) + bytes(100_000)

    bench.run(story())


def test_a_wrapper_and_node_options_are_obeyed(bench):
    files = {
        "bootstrap": '#!/bin/sh\nexport WRAPPED=yes\nexec "$@"\n',
        "index.js": """
            exports.handler = async () =>
              [process.env.WRAPPED, process.execArgv.length > 0, process.title];
        """,
    }

    async def story():
        async with bench:
            variables = {"NODE_OPTIONS": "--title=mine"}
            if bench.box.level in ("namespace", "strict"):
                variables["AWS_LAMBDA_EXEC_WRAPPER"] = "/var/task/bootstrap"
            outcome = await bench.call(files, variables=variables, **NODE)
            wrapped = "yes" if "AWS_LAMBDA_EXEC_WRAPPER" in variables else None
            assert json.loads(outcome.payload) == [wrapped, True, "mine"]

    bench.run(story())


def test_time_is_limited(bench):
    async def story():
        async with bench:
            source = {"index.js": "exports.handler = async () => { for (;;); }"}
            outcome = await bench.call(source, timeout_ms=300, **NODE)
            assert outcome.status.value == "timed_out"

    bench.run(story())
