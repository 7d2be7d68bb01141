"""The application that costs nothing; tests/unit/shell/test_http.py has it behind a socket."""

import pytest

from headrace.shell.limits import BODY_BYTES_MAX
from headrace.testing.echo import Echo
from headrace.wire.envelope import HttpRequest, HttpResponse


class Exchange:
    request = HttpRequest("POST", "/", {}, b"body")
    given: HttpResponse

    def answer(self, response):
        self.given = response


def test_the_answer_is_the_body():
    exchange = Exchange()
    Echo().serve(exchange)
    assert (exchange.given.status, exchange.given.body) == (200, b"body")


@pytest.mark.parametrize("target", ["/", "/x"])
def test_everybody_is_let_in(target):
    assert Echo().body_limit("POST", target, {}) == BODY_BYTES_MAX
    assert not Echo.is_pressed


def test_a_refusal_is_its_sentence():
    refusal = Echo().refuse(Exchange.request, 413, "Too long.")
    assert (refusal.status, refusal.body) == (413, b"Too long.")
