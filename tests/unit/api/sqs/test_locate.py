"""A queue is found by every form of URL that AWS takes (spec/sqs.md 1.5)."""

import pytest

from headrace.api.sqs import locate
from headrace.core.sqs.errors import MissingParameter, QueueDoesNotExist
from tests.unit.api.sqs.desk import Desk


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:4566/000000000000/orders",
        "http://elsewhere.example/000000000000/orders/",
        "https://sqs.us-east-1.amazonaws.com/000000000000/orders",
        "/000000000000/orders",
        "orders",
        "http://127.0.0.1:4566/queue/us-east-1/000000000000/orders",
    ],
)
def test_the_host_is_never_compared(url):
    """1.5, rows 9 and 10 of section 11."""
    desk = Desk()
    desk.queue("orders")
    sent = desk.ask("SendMessage", QueueUrl=url, MessageBody="a")
    assert [message["MessageId"] for message in desk.receive("orders")] == [sent["MessageId"]]


@pytest.mark.parametrize(
    "url",
    [
        "https://queue.amazonaws.com/000000000000/unknown",
        "http://whatever-incorrect-queue-address",
        "http://127.0.0.1:4566/000000000000/orders-not-existing",
        "http://127.0.0.1:4566/111111111111/orders",
    ],
)
def test_what_names_no_queue_is_refused(url):
    """1.5, Q11."""
    desk = Desk()
    desk.queue("orders")
    with pytest.raises(QueueDoesNotExist):
        desk.ask("SendMessage", QueueUrl=url, MessageBody="a")


def test_a_missing_url_is_missed():
    """2, common."""
    with pytest.raises(MissingParameter, match="must contain the parameter QueueUrl"):
        Desk().ask("SendMessage", MessageBody="a")


def test_what_a_hostile_client_sends_as_a_url_is_not_kept():
    """A million characters, each time others: none of them stays in memory."""
    desk = Desk()
    for number in range(3):
        with pytest.raises(QueueDoesNotExist):
            desk.ask("PurgeQueue", QueueUrl=f"http://a/000000000000/{number}" + "x" * 1_000_000)
        remembered = locate._remembered.cache_info().currsize
        with pytest.raises(QueueDoesNotExist):
            desk.ask("PurgeQueue", QueueUrl=f"y{number}" * 500_000)
        assert locate._remembered.cache_info().currsize == remembered
    locate._remembered.cache_clear()
    with pytest.raises(QueueDoesNotExist):
        desk.ask("PurgeQueue", QueueUrl="z" * (locate.REMEMBERED_URL_LENGTH_MAX + 1))
    assert locate._remembered.cache_info().currsize == 0
