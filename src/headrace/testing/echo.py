"""Answer every request with its own body: what the HTTP layer alone costs."""

from headrace.shell.exchange import Exchange
from headrace.shell.limits import BODY_BYTES_MAX
from headrace.wire.envelope import HttpRequest, HttpResponse

_HEADERS = [
    ("Content-Type", "application/x-amz-json-1.0"),
    ("x-amzn-RequestId", "00000000-0000-4000-8000-000000000000"),
]


class Echo:
    """An application without service, driver or state, for tests and benchmarks."""

    is_pressed = False

    def body_limit(self, method: str, target: str, headers: dict[str, str]) -> int:
        """Let everybody in."""
        return BODY_BYTES_MAX

    def serve(self, exchange: Exchange) -> None:
        """Answer at once with the bytes that came."""
        exchange.answer(HttpResponse(200, _HEADERS, exchange.request.body))

    def refuse(self, head: HttpRequest, status: int, sentence: str) -> HttpResponse:
        """Answer with the sentence."""
        return HttpResponse(status, [("Content-Type", "text/plain")], sentence.encode())
