"""The catalog holds each service with its rows."""

from headrace.wire.catalog import EVENTS, IAM, LAMBDA, LOGS, S3, SERVICES, SQS, STS


def test_services_are_found_by_their_signing_names():
    assert dict(SERVICES) == {
        "sqs": SQS,
        "lambda": LAMBDA,
        "iam": IAM,
        "sts": STS,
        "logs": LOGS,
        "events": EVENTS,
        "s3": S3,
    }


def test_delete_function_answers_204_with_no_body():
    row = LAMBDA.operations["DeleteFunction"]
    assert (row.status, row.output) == (204, "")


def test_all_but_sqs_are_checked_against_the_constraints_of_their_models():
    assert [service.name for service in SERVICES.values() if service.checks_constraints] == [
        "lambda",
        "iam",
        "sts",
        "logs",
        "events",
    ]
