"""The Java SDK v2 against a real server: queues."""


def test_a_java_program_uses_a_queue(server, java_command, run_program):
    """Every step of java/Queues.java gives what Amazon SQS gives."""
    printed = run_program([*java_command, "Queues"], endpoint_url=server.endpoint)
    assert "queues: right" in printed
