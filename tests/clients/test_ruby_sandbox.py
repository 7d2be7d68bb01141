"""Ruby functions in real environments, at every level of the sandbox."""

import json
import os

import pytest

from headrace.base.logtext import INNER_END
from headrace.ports.sandbox import Layer
from headrace.sandbox.languages.ruby import Ruby
from headrace.sandbox.levels import LEVELS
from tests.clients.sandboxes import sandbox_at
from tests.unit.sandbox.bench import (
    ARN,
    REQUEST_ID,
    Bench,
    answer,
    invocation,
    make_archive,
)

RUBY = {"runtime": "ruby3.3", "handler": "app.handler"}
APP = """
require "tmpdir"
require "stringio"
puts "loading"
$calls = 0

def handler(event:, context:)
  $calls += 1
  case event["do"]
  when "raise" then raise ArgumentError, "no such order: ä"
  when "missing" then no_such_name
  when "exit" then exit(3)
  when "hang" then loop {}
  when "fill" then kept = []; loop { kept << "x" * 1_000_000 }
  when "text" then StringIO.new("plain")
  when "size" then "x" * (event["size"] - 2)
  when "log" then puts "ä"; warn "to stderr"; print "no end"
  when "write"
    File.write(File.join(Dir.tmpdir, "a"), "written")
    begin
      File.write(__FILE__ + ".new", "x")
      true
    rescue SystemCallError
      false
    end
  else
    {calls: $calls, event: event, id: context.aws_request_id, arn: context.invoked_function_arn,
     name: context.function_name, version: context.function_version,
     memory: context.memory_limit_in_mb, group: context.log_group_name,
     left: context.get_remaining_time_in_millis.between?(1, 20_000),
     client: context.client_context, trace: ENV["_X_AMZN_TRACE_ID"], env: ENV["AWS_EXECUTION_ENV"]}
  end
end

module Shop
  class Orders
    def self.handle(event:, context:) = event.sum
  end
end
"""


@pytest.fixture(scope="module", params=LEVELS)
def shared(request, tmp_path_factory):
    """A sandbox of each level that this machine allows, and the loop that it lives on."""
    if not Ruby().find(os.environ):
        pytest.skip("no Ruby 3.1 or later on this machine")
    with sandbox_at(request.param, tmp_path_factory.mktemp("sandbox")) as shared:
        yield shared


@pytest.fixture
def bench(shared, tmp_path):
    box, runner = shared
    return Bench(tmp_path, box, runner)


def test_a_function_works_inside_its_fences(bench):
    async def story():
        async with bench:
            environment = await bench.start({"app.rb": APP}, **RUBY)
            assert environment.init.status.value == "ok", (environment.init, bytes(bench.log))
            assert bytes(bench.log) == b"loading\n"
            event = invocation(
                {"a": "ä"}, client_context='{"custom": {"k": "v"}}', trace_header="Root=1-2-3"
            )
            assert answer(await environment.invoke(event)) == {
                "calls": 1,
                "event": {"a": "ä"},
                "id": REQUEST_ID,
                "arn": ARN,
                "name": "f",
                "version": "$LATEST",
                "memory": 1769,
                "group": "/aws/lambda/f",
                "left": True,
                "client": {"custom": {"k": "v"}},
                "trace": "Root=1-2-3",
                "env": "AWS_Lambda_ruby3.3",
            }
            environment.freeze()
            told = answer(await environment.invoke(invocation({})))
            assert (told["calls"], told["trace"], told["client"]) == (2, None, None)
            written = answer(await environment.invoke(invocation({"do": "write"})))
            assert written == (bench.box.level == "process")
            outcome = await environment.invoke(invocation({"do": "text"}))
            assert outcome.payload == b"plain"
            bench.log.clear()
            assert answer(await environment.invoke(invocation({"do": "log"}))) is None
            assert bytes(bench.log).decode() == "ä\nto stderr\nno end\n"

    bench.run(story())


def test_errors_are_documents(bench):
    async def story():
        async with bench:
            environment = await bench.start({"app.rb": APP}, **RUBY)
            bench.log.clear()
            outcome = await environment.invoke(invocation({"do": "raise"}))
            document = json.loads(outcome.payload)
            assert (outcome.status.value, outcome.error_type) == (
                "error",
                "Function<ArgumentError>",
            )
            assert list(document) == ["errorMessage", "errorType", "stackTrace"]
            assert document["errorMessage"] == "no such order: ä"
            assert document["errorType"] == "Function<ArgumentError>"
            assert len(document["stackTrace"]) == 1
            assert "app.rb:10:in " in document["stackTrace"][0]
            heading = b"Error raised from handler method"
            assert bench.log.startswith(heading + INNER_END + b"{" + INNER_END)
            assert bench.log.count(b"\n") == 1
            outcome = await environment.invoke(invocation({"do": "missing"}))
            assert json.loads(outcome.payload)["errorType"] == "Function<NameError>"
            outcome = await environment.invoke(invocation(b"{"))
            assert json.loads(outcome.payload)["errorType"] == "Function<JSON::ParserError>"
            outcome = await environment.invoke(invocation({"do": "size", "size": 6_291_556}))
            assert len(outcome.payload) == 6_291_556
            outcome = await environment.invoke(invocation({"do": "size", "size": 6_291_557}))
            assert outcome.status.value == "too_large"
            outcome = await environment.invoke(invocation({"do": "exit"}))
            assert (outcome.status.value, outcome.exit_status) == ("exited", 3)

    bench.run(story())


@pytest.mark.parametrize(
    "handler, source, kind",
    [
        ("app.gone", APP, "Init<NameError>"),
        ("gone.handler", APP, "Init<LoadError>"),
        ("app", APP, "Init<ArgumentError>"),
        ("app.Shop::Gone.handle", APP, "Init<NameError>"),
        ("app.handler", "def handler(", "Init<SyntaxError>"),
        ("app.handler", "raise 'no'", "Init<RuntimeError>"),
    ],
)
def test_a_handler_that_cannot_be_loaded_is_an_init_error(bench, handler, source, kind):
    async def story():
        async with bench:
            environment = await bench.start({"app.rb": source}, **(RUBY | {"handler": handler}))
            assert environment.init.status.value == "error"
            assert json.loads(environment.init.payload)["errorType"] == kind
            assert b"Init error when loading handler" in bench.log

    bench.run(story())


def test_methods_of_classes_folders_and_layers_are_found(bench, tmp_path):
    layer = Layer(
        *make_archive(
            tmp_path,
            {
                "ruby/lib/shared.rb": "module Shared; VALUE = 20; end",
            },
        )
    )
    files = {"sub/app.rb": 'require "shared"\n' + APP, "app.rb": 'require "own"\n' + APP}
    files["own.rb"] = ""

    async def story():
        async with bench:
            orders = RUBY | {"handler": "app.Shop::Orders.handle"}
            assert answer(await bench.call(files, [1, 2], **orders)) == 3
            nested = RUBY | {"handler": "sub/app.Shop::Orders.handle", "layers": (layer,)}
            assert answer(await bench.call(files, [1, 2], **nested)) == 3

    bench.run(story())


def test_time_and_memory_are_limited(bench):
    async def story():
        async with bench:
            outcome = await bench.call({"app.rb": APP}, {"do": "hang"}, timeout_ms=300, **RUBY)
            assert outcome.status.value == "timed_out"
            outcome = await bench.call({"app.rb": APP}, {"do": "fill"}, memory_mb=128, **RUBY)
            if bench.box._posture.groups is not None:
                assert outcome.status.value == "out_of_memory"
            else:
                assert outcome.status.value in ("error", "exited", "killed")

    bench.run(story())
