"""The place of one answer."""

from collections import deque

from headrace.shell.exchange import Exchange
from headrace.wire.envelope import HttpRequest, HttpResponse

REQUEST = HttpRequest("POST", "/", {}, b"")
ANSWER = HttpResponse(200, [])


class Line:
    def __init__(self):
        self.exchanges = deque()
        self.flushed = 0
        self.adjusted = 0

    def flush(self):
        self.flushed += 1

    def adjust_reading(self):
        self.adjusted += 1

    def begin(self):
        exchange = Exchange(self, REQUEST, keep_alive=True)
        self.exchanges.append(exchange)
        return exchange


def test_the_answer_to_the_oldest_request_is_written_at_once():
    line = Line()
    assert line.begin().answer(ANSWER)
    assert line.flushed == 1


def test_an_answer_waits_for_those_before_it():
    line = Line()
    line.begin()
    second = line.begin()
    assert second.answer(ANSWER)
    assert (second.response, line.flushed) == (ANSWER, 0)


def test_an_answer_to_a_client_that_has_gone_is_told_so():
    exchange = Line().begin()
    exchange.lose()
    assert not exchange.answer(ANSWER)
    assert exchange.response is None


def test_a_watcher_is_called_once():
    line = Line()
    exchange = line.begin()
    calls = []
    exchange.watch(lambda: calls.append(exchange.is_gone))
    exchange.lose()
    exchange.lose()
    assert calls == [True]
    assert line.adjusted == 1
