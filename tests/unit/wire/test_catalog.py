"""The catalog holds each service with its rows."""

from headrace.wire.catalog import LAMBDA, SERVICES, SQS


def test_services_are_found_by_their_signing_names():
    assert dict(SERVICES) == {"sqs": SQS, "lambda": LAMBDA}


def test_delete_function_answers_204_with_no_body():
    row = LAMBDA.operations["DeleteFunction"]
    assert (row.status, row.output) == (204, "")


def test_only_lambda_is_checked_against_the_constraints_of_its_model():
    assert [service.name for service in SERVICES.values() if service.checks_constraints] == [
        "lambda"
    ]
