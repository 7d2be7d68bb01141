"""The demo's input: all of the file, three of it forged."""

import hashlib
import hmac

from headrace.faces.demo.deliveries import (
    FORGED_LINES,
    batches,
    entry_of,
    example_folder,
    handler_source,
    read_deliveries,
)


def test_every_delivery_is_signed_and_three_are_forged():
    deliveries = read_deliveries("secret")
    assert len(deliveries) == 329
    right = {
        delivery.line
        for delivery in deliveries
        if delivery.signature
        == "sha256=" + hmac.new(b"secret", delivery.body.encode(), hashlib.sha256).hexdigest()
    }
    assert set(range(329)) - right == set(FORGED_LINES)
    assert [delivery.line for delivery in deliveries if delivery.is_forged] == list(FORGED_LINES)


def test_batches_hold_ten_and_lose_none():
    deliveries = read_deliveries("secret")
    groups = batches(deliveries)
    assert [len(group) for group in groups] == [10] * 32 + [9]
    assert [delivery for group in groups for delivery in group] == deliveries
    assert max(sum(len(one.body.encode()) for one in group) for group in groups) < 1_048_576


def test_an_entry_carries_githubs_headers_as_attributes():
    delivery = read_deliveries("secret")[0]
    entry = entry_of(delivery)
    assert entry["Id"] == "0"
    assert entry["MessageBody"] == delivery.body
    values = {name: value["StringValue"] for name, value in entry["MessageAttributes"].items()}
    assert values == {
        "X-GitHub-Event": "branch_protection_rule",
        "X-Hub-Signature-256": delivery.signature,
    }


def test_the_example_is_found_where_it_is_installed():
    assert b"def handler(event, context)" in handler_source()
    assert (example_folder() / "github-webhooks.jsonl").is_file()
