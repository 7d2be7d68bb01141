"""Extensions of functions without a network hear what happens, too, and reach nobody by it."""

import json
import socket

import pytest

from headrace.sandbox import limits
from headrace.sandbox.sockets import PassedSockets
from tests.conformance.sandbox.test_telemetry import (
    FUNCTION,
    check_told_by_tcp,
    layer,
    told,
    watcher,
)
from tests.unit.sandbox.bench import answer, invocation
from tests.unit.sandbox.programs import extension

pytestmark = pytest.mark.parametrize("level", ["namespace", "strict"], scope="module")

#: An extension whose listener never reads (LISTENS), or is not there until the third event and
#: reads one batch at the end. It subscribes TIMES times, and writes more than a socket may hold.
TROUBLE = """
import socket
def open_listener():
    return socket.create_server(("sandbox.localdomain", 4323), backlog=256)
listener = open_listener() if LISTENS else None
me = register("INVOKE", "SHUTDOWN")
wish = {"schemaVersion": "2022-12-13", "types": ["platform", "function", "extension"],
        "buffering": {"maxItems": 1000, "maxBytes": 262144, "timeoutMs": 25},
        "destination": {"protocol": "HTTP", "URI": "http://sandbox:4323/"}}
for _ in range(4): log("x" * 200_000)
for _ in range(TIMES):
    status, _, body = call("PUT", "/2022-07-01/telemetry", json.dumps(wish), me)
    assert (status, body) == (200, "OK")
count = 0
while next_event(me)["eventType"] != "SHUTDOWN":
    count += 1
    if not LISTENS and count < 3:
        time.sleep(0.2)
    elif not LISTENS:
        listener = listener or open_listener()
if not LISTENS:
    listener.settimeout(1.5)
    line, _ = listener.accept()
    text = line.makefile("rb")
    length = [one for one in iter(text.readline, b"\\r\\n") if one.startswith(b"Content-Length")]
    print("heard", text.read(int(length[0].split()[1])).decode())
"""


@pytest.fixture
def passed(monkeypatch):
    """Every socket that environments hand over to reach their listeners."""
    sockets = []
    fill = PassedSockets.fill

    def keep(self, given):
        sockets.extend(given)
        fill(self, given)

    monkeypatch.setattr(PassedSockets, "fill", keep)
    return sockets


def open_ones(sockets):
    """Return those that are not closed."""
    return [one for one in sockets if one.fileno() >= 0]


def network_of(one):
    """Return the number of the network that a socket belongs to (SO_NETNS_COOKIE)."""
    return int.from_bytes(one.getsockopt(socket.SOL_SOCKET, 71, 8), "little")


def troubled(*, listens, times):
    """Return the program."""
    return extension(f"LISTENS, TIMES = {listens}, {times}\n{TROUBLE}")


def test_an_extension_without_a_network_hears_what_happens_and_nobody_else_does(bench):
    """Two environments listen on one port, and so does somebody on this machine."""

    async def story():
        with socket.create_server(("127.0.0.1", 0)) as stranger:
            stranger.setblocking(False)
            program = watcher(stranger.getsockname()[1], ["platform", "function"], 2)
            layers = layer(bench, watch=program)
            async with bench:
                both = [
                    await bench.start(FUNCTION, layers=layers, network="none") for _ in range(2)
                ]
                for environment in both:
                    assert answer(await environment.invoke(invocation(7))) == 7
                    environment.freeze()
                    assert answer(await environment.invoke(invocation(8))) == 8
            with pytest.raises(BlockingIOError):
                stranger.accept()
        assert bench.log.count(b"subscribed 200 OK\n") == 2
        events = told(bench)
        kinds = [one["type"] for one in events]
        for kind, count in (("initStart", 2), ("start", 4), ("runtimeDone", 4), ("report", 4)):
            assert kinds.count(f"platform.{kind}") == count
        lines = [one["record"] for one in events if one["type"] == "function"]
        assert sorted(line for line in lines if line in ("init", "work")) == [
            "init", "init", "work", "work", "work", "work",
        ]  # fmt: skip

    bench.run(story())


def test_a_listener_of_tcp_hears_it_all_by_one_of_the_sockets(bench, passed):
    async def story():
        async with bench:
            await (await bench.start(FUNCTION)).kill()  # whoever forks is there from now on
            before = await bench.descriptors()
            layers = layer(bench, watch=watcher(4323, ["platform", "function"], 3, "TCP"))
            environment = await bench.start(FUNCTION, layers=layers, network="none")
            (kept,) = open_ones(passed)
            for number in range(3):
                assert answer(await environment.invoke(invocation(number))) == number
                environment.freeze()
            assert open_ones(passed) == [kept]
            await environment.kill()
            assert open_ones(passed) == []
            assert await bench.descriptors() == before
        check_told_by_tcp(bench, invokes=3)

    bench.run(story())


def test_the_sockets_lead_to_the_environments_network_and_end_with_it(bench, passed):
    async def story():
        async with bench:
            await (await bench.start(FUNCTION)).kill()  # whoever forks is there from now on
            before = await bench.descriptors()
            layers = layer(bench, watch=watcher(4323, ["platform"], 1))
            environment = await bench.start(FUNCTION, layers=layers, network="none")
            assert len(passed) == limits.EXTENSIONS_MAX
            (kept,) = open_ones(passed)
            with socket.socket() as ours:
                assert network_of(kept) != network_of(ours)
            await environment.invoke(invocation(1))
            assert open_ones(passed) == [kept]
            await environment.kill()
            assert open_ones(passed) == []
            assert await bench.descriptors() == before

    bench.run(story())


def test_without_subscribers_no_socket_is_kept(bench, passed):
    async def story():
        async with bench:
            program = extension(
                "me = register('INVOKE', 'SHUTDOWN')\n"
                "while next_event(me)['eventType'] == 'INVOKE': pass\n"
            )
            layers = layer(bench, idle=program)
            environment = await bench.start(FUNCTION, layers=layers, network="none")
            assert len(passed) == limits.EXTENSIONS_MAX
            assert open_ones(passed) == []
            assert answer(await environment.invoke(invocation(7))) == 7

    bench.run(story())


def test_a_port_on_which_nobody_listens_is_tried_again_and_what_was_lost_is_told(
    bench, monkeypatch
):
    monkeypatch.setattr(limits, "TELEMETRY_RETRY_S", 0.0)

    async def story():
        async with bench:
            layers = layer(bench, trouble=troubled(listens=False, times=1))
            environment = await bench.start(FUNCTION, layers=layers, network="none")
            for number in range(3):
                assert answer(await environment.invoke(invocation(number))) == number
        (heard,) = [one[6:] for one in bytes(bench.log).splitlines() if one.startswith(b"heard ")]
        first = json.loads(heard)[0]
        assert first["type"] == "platform.logsDropped"
        assert first["record"]["droppedRecords"] > 1

    bench.run(story())


@pytest.mark.parametrize("times", [1, 50])
def test_a_listener_that_never_reads_takes_nothing_from_the_others(bench, passed, times):
    async def story():
        async with bench:
            await (await bench.start(FUNCTION)).kill()
            before = await bench.descriptors()
            layers = layer(
                bench,
                trouble=troubled(listens=True, times=times),
                watch=watcher(4324, ["platform"], 2),
            )
            environment = await bench.start(FUNCTION, layers=layers, network="none")
            assert len(open_ones(passed)) == 2
            for number in range(2):
                assert answer(await environment.invoke(invocation(number))) == number
            assert len(open_ones(passed)) == 2
            await environment.kill()
            assert await bench.descriptors() == before
        kinds = [one["type"] for one in told(bench)]
        assert kinds.count("platform.report") == 2

    bench.run(story())
