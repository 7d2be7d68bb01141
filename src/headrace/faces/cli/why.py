"""`headrace why QUEUE MESSAGE-ID`, or `FUNCTION REQUEST-ID`: print what became of it, and why."""

import argparse
import sys
from collections.abc import Iterator
from typing import Any

import msgspec

from headrace.api.story.answer import text_of
from headrace.faces.cli import asking

MESSAGES = "/_aws/sqs/why"
INVOKES = "/_aws/lambda/why"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the queue or function, the message or invoke, and where the server is."""
    parser.add_argument(
        "place",
        metavar="QUEUE|FUNCTION",
        help="name, URL or ARN of a queue that a message was in; or name or ARN of a function",
    )
    parser.add_argument(
        "id",
        metavar="MESSAGE-ID|REQUEST-ID",
        help="as a send, a receive or an asynchronous invoke answered",
    )
    asking.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the answer; return 0, or 1 if nothing is known of the message or invoke."""
    server = asking.Server(arguments)
    try:
        answer = _ask(server, arguments.place, arguments.id)
    except asking.AskFailed as error:
        print(f"headrace: {error}", file=sys.stderr)
        return 1
    if "error" in answer:
        print(f"headrace: {answer['error']}", file=sys.stderr)
        return 1
    if arguments.json:
        print(msgspec.json.format(msgspec.json.encode(answer)).decode())
    else:
        print(text_of(answer), end="")
    return 0 if _is_known(answer) else 1


def _ask(server: asking.Server, place: str, id: str) -> dict[str, Any]:
    """Return the first answer that knows something; else the first, with what the others say."""
    answers = []
    for path, parameters in _questions(server, place, id):
        answer: dict[str, Any] = server.ask(path, parameters)
        if "error" not in answer and not _is_known(answer):
            answers.append(answer)
        elif not answers or _is_known(answer):
            return answer
    return {**answers[0], "state": "; ".join(answer["state"] for answer in answers)}


def _questions(server: asking.Server, place: str, id: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield what to ask; a bare name may be a queue's or a function's."""
    is_function = ":function:" in place or (":" in place and ":sqs:" not in place)
    if "/" in place or not is_function:
        yield MESSAGES, {**server.place_of(place), "MessageId": id}
    if "/" not in place and ":sqs:" not in place:
        yield INVOKES, {**server.function_of(place), "RequestId": id}


def _is_known(answer: dict[str, Any]) -> bool:
    return bool(answer.get("events") or answer.get("queue"))
