"""The Go SDK v2 against a real server: queues, a function, a mapping."""


def test_a_go_program_uses_a_queue(server, go_programs, run_program):
    """Every step of go/queues gives what Amazon SQS gives."""
    printed = run_program([go_programs / "queues"], endpoint_url=server.endpoint)
    assert "queues: right" in printed


def test_a_go_program_uses_a_function_and_a_mapping(
    server, go_programs, run_program, deployment_package
):
    """Every step of go/functions gives what Lambda gives."""
    command = [go_programs / "functions", deployment_package]
    assert "functions: right" in run_program(command, endpoint_url=server.endpoint)
