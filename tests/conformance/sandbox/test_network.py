"""Functions without a network: they reach themselves, and we reach them."""

import pytest

from headrace.ports.sandbox import Layer, SandboxUnavailable
from tests.conformance.sandbox.snapshots import prepare, snap_spec, start
from tests.unit.sandbox.bench import answer, invocation, make_archive
from tests.unit.sandbox.programs import bootstrap, extension

#: Tells which interfaces there are, and whether what it sends itself comes back.
LOOK = """
import socket

def look():
    with socket.create_server(("127.0.0.1", 8080)) as listener:
        with socket.create_connection(("127.0.0.1", 8080), timeout=5) as line:
            line.sendall(b"to myself")
            with listener.accept()[0] as other:
                heard = other.recv(100).decode()
    return [[name for _, name in socket.if_nameindex()], heard]
"""
PYTHON = LOOK + "def handler(event, context):\n    return look()\n"
ALONE = [["lo"], "to myself"]

without_network = pytest.mark.parametrize("level", ["namespace", "strict"], scope="module")


@pytest.mark.parametrize("level", ["process", "restricted"], scope="module")
def test_a_level_that_cannot_shut_it_off_starts_nothing(bench, level):
    async def story():
        async with bench:
            with pytest.raises(SandboxUnavailable, match=f"namespace or strict.* is {level}"):
                await bench.start(PYTHON, network="none")
            spec = snap_spec(bench, PYTHON, network="none")
            with pytest.raises(SandboxUnavailable, match="namespace or strict"):
                await bench.box.prepare_template(spec, bench.log.extend)
        assert not bench.log

    bench.run(story())


def test_a_network_that_there_is_not_starts_nothing(bench):
    async def story():
        async with bench:
            with pytest.raises(SandboxUnavailable, match="no network 'moon'"):
                await bench.start(PYTHON, network="moon")

    bench.run(story())


@without_network
@pytest.mark.parametrize("variables", [{}, {"PYTHONHASHSEED": "0"}], ids=["forked", "executed"])
def test_a_function_reaches_itself_and_nobody_else(bench, variables):
    async def story():
        async with bench:
            first = await bench.start(PYTHON, network="none", variables=variables)
            second = await bench.start(PYTHON, network="none", variables=variables)
            for environment in (first, second):
                assert answer(await environment.invoke(invocation(None))) == ALONE

    bench.run(story())


@without_network
def test_programs_reach_us_where_they_reach_nobody_else(bench):
    source = LOOK + "def handle(event, headers):\n    return [API, event, *look()]\n"

    async def story():
        async with bench:
            ends = [
                await bench.start(bootstrap(source), runtime="provided.al2023", network="none")
                for _ in range(2)
            ]
            for number, environment in enumerate(ends):
                told = answer(await environment.invoke(invocation(number)))
                assert told == ["127.0.0.1:9001", number, *ALONE]
                environment.freeze()
                assert answer(await environment.invoke(invocation(7)))[1] == 7

    bench.run(story())


@without_network
def test_extensions_reach_us_too(bench):
    program = extension(
        "me = register('INVOKE')\n"
        "while True:\n"
        "    log('extension', API, next_event(me)['requestId'][:4])\n"
    )
    layers = (Layer(*make_archive(bench.folder, {"extensions/watch": program})),)

    async def story():
        async with bench:
            environment = await bench.start(PYTHON, network="none", layers=layers)
            assert answer(await environment.invoke(invocation(None))) == ALONE
            await environment.kill()
        assert bytes(bench.log) == b"extension 127.0.0.1:9001 8476\n"

    bench.run(story())


@pytest.mark.copies
def test_copies_of_a_template_are_alone_too(bench):
    source = LOOK + (
        "kept = socket.create_server(('127.0.0.1', 8080))\n"
        "kept.close()\n"
        "def handler(event, context):\n"
        "    global kept\n"
        "    told = look()\n"
        "    kept = socket.create_server(('127.0.0.1', 8080))\n"
        "    return told\n"
    )

    async def story():
        async with bench:
            spec = snap_spec(bench, source, network="none")
            await prepare(bench, spec)
            for _ in range(2):  # The second would find the first's port taken.
                environment = await start(bench, spec)
                assert answer(await environment.invoke(invocation(None))) == ALONE
            await bench.box.drop_template(spec.template)

    bench.run(story())
