"""The JavaScript SDKs v3 and v2, and sqs-consumer, against a real server."""

import pytest


def test_a_javascript_program_uses_a_queue(server, run_node):
    """Every step of queues.mjs gives what Amazon SQS gives."""
    assert "queues: right" in run_node("queues.mjs", endpoint_url=server.endpoint).stdout


def test_a_javascript_program_uses_a_function_and_a_mapping(server, run_node, deployment_package):
    """Every step of functions.mjs gives what Lambda gives."""
    ran = run_node("functions.mjs", str(deployment_package), endpoint_url=server.endpoint)
    assert "functions: right" in ran.stdout


def test_a_program_of_the_javascript_sdk_v2_uses_a_queue(server, run_node):
    """Every step of queues_v2.mjs gives what Amazon SQS gives."""
    assert "queues: right" in run_node("queues_v2.mjs", endpoint_url=server.endpoint).stdout


@pytest.mark.timeout(120)
def test_sqs_consumer_takes_200_messages_and_gets_back_those_whose_handler_threw(server, run_node):
    """One by one and in batches, each message is acknowledged once and none is left."""
    ran = run_node("consumer.mjs", endpoint_url=server.endpoint, timeout_s=100)
    assert "one by one: right" in ran.stdout
    assert "batches: right" in ran.stdout
