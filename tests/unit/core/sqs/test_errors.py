"""The errors as spec/sqs.md 1.4 lists them."""

import pytest

from headrace.core.sqs import errors


@pytest.mark.parametrize(
    ("error", "code", "query_code", "status"),
    [
        (errors.QueueDoesNotExist, "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", 400),
        (errors.QueueNameExists, "QueueNameExists", "QueueAlreadyExists", 400),
        (errors.InvalidParameterValue, "InvalidParameterValueException", "InvalidParameterValue", 400),
        (errors.MissingParameter, "MissingRequiredParameterException", "MissingParameter", 400),
        (errors.PurgeQueueInProgress, "PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress", 403),
        (errors.OverLimit, "OverLimit", "OverLimit", 403),
        (errors.ResourceNotFound, "ResourceNotFoundException", "ResourceNotFoundException", 404),
        (errors.ReceiptHandleIsInvalid, "ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", 400),
        (errors.KmsAccessDenied, "KmsAccessDenied", "KMS.AccessDeniedException", 400),
    ],
)  # fmt: skip
def test_error_has_both_codes_and_its_status(error, code, query_code, status):
    refusal = error("why")
    assert (refusal.code, refusal.query_code, refusal.status) == (code, query_code, status)
    assert refusal.fault == "Sender"


def test_each_error_has_a_code_of_its_own():
    found = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.QueueError)
    ]
    assert len(found) == len({kind.code for kind in found}) == 39, "38 and their base"
