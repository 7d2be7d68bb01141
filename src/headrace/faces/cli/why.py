"""`headrace why QUEUE MESSAGE-ID`: print what became of a message, and why."""

import argparse
import sys

import msgspec

from headrace.api.story.answer import text_of
from headrace.faces.cli import asking

PATH = "/_aws/sqs/why"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the queue, the message, and where the server is."""
    parser.add_argument("queue", metavar="QUEUE", help="name, URL or ARN of a queue it was in")
    parser.add_argument("message_id", metavar="MESSAGE-ID", help="as a send or receive answered")
    asking.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the answer; return 0, or 1 if nothing is known of the message."""
    server = asking.Server(arguments)
    parameters = {**server.place_of(arguments.queue), "MessageId": arguments.message_id}
    try:
        answer = server.ask(PATH, parameters)
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
    return 0 if answer["events"] or answer["queue"] else 1
