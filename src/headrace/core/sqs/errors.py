"""Every error that Amazon SQS answers with, named by AWS's code.

Source: spec/sqs.md 1.4. `InternalFailure` and `ServiceUnavailable` stand in base/errors.py; what
the wire refuses by itself (unknown operations, unreadable bodies) stands in wire/errors.py.
"""

from headrace.base.errors import ServiceError

_PREFIX = "AWS.SimpleQueueService."


class QueueError(ServiceError):
    """Base of the errors here: the sender's fault, status 400."""

    status = 400
    fault = "Sender"


class QueueDoesNotExist(QueueError):
    """The queue is unknown, or its URL names none."""

    code = "QueueDoesNotExist"
    query_code = _PREFIX + "NonExistentQueue"


class QueueNameExists(QueueError):
    """CreateQueue: the queue is there with another value of an attribute."""

    code = "QueueNameExists"
    query_code = "QueueAlreadyExists"


class QueueDeletedRecently(QueueError):
    """CreateQueue: a queue of this name was deleted less than 60 seconds ago."""

    code = "QueueDeletedRecently"
    query_code = _PREFIX + "QueueDeletedRecently"


class InvalidAttributeName(QueueError):
    """A queue attribute is unknown or does not apply."""

    code = "InvalidAttributeName"
    query_code = "InvalidAttributeName"


class InvalidAttributeValue(QueueError):
    """A queue attribute's value is out of range or badly formed."""

    code = "InvalidAttributeValue"
    query_code = "InvalidAttributeValue"


class InvalidParameterValue(QueueError):
    """Most refusals of a single parameter; not modelled by AWS."""

    code = "InvalidParameterValueException"
    query_code = "InvalidParameterValue"


class MissingParameter(QueueError):
    """A required parameter is missing; not modelled by AWS."""

    code = "MissingRequiredParameterException"
    query_code = "MissingParameter"


class InvalidMessageContents(QueueError):
    """The body holds forbidden characters."""

    code = "InvalidMessageContents"
    query_code = "InvalidMessageContents"


class InvalidIdFormat(QueueError):
    """Deprecated by AWS, and never given."""

    code = "InvalidIdFormat"
    query_code = "InvalidIdFormat"


class ReceiptHandleIsInvalid(QueueError):
    """The receipt handle cannot be decoded, or is another queue's."""

    code = "ReceiptHandleIsInvalid"
    query_code = "ReceiptHandleIsInvalid"


class MessageNotInflight(QueueError):
    """ChangeMessageVisibility of a message that is not in flight; nobody saw AWS give it."""

    code = "MessageNotInflight"
    query_code = _PREFIX + "MessageNotInflight"


class BatchEntryIdsNotDistinct(QueueError):
    """Two entries of a batch have the same id."""

    code = "BatchEntryIdsNotDistinct"
    query_code = _PREFIX + "BatchEntryIdsNotDistinct"


class BatchRequestTooLong(QueueError):
    """The entries of a batch are more than 1 MiB in all."""

    code = "BatchRequestTooLong"
    query_code = _PREFIX + "BatchRequestTooLong"


class EmptyBatchRequest(QueueError):
    """A batch has no entries."""

    code = "EmptyBatchRequest"
    query_code = _PREFIX + "EmptyBatchRequest"


class InvalidBatchEntryId(QueueError):
    """An entry's id is empty, too long or has forbidden characters."""

    code = "InvalidBatchEntryId"
    query_code = _PREFIX + "InvalidBatchEntryId"


class TooManyEntriesInBatchRequest(QueueError):
    """A batch has more than 10 entries."""

    code = "TooManyEntriesInBatchRequest"
    query_code = _PREFIX + "TooManyEntriesInBatchRequest"


class PurgeQueueInProgress(QueueError):
    """The queue was purged less than 60 seconds ago."""

    code = "PurgeQueueInProgress"
    query_code = _PREFIX + "PurgeQueueInProgress"
    status = 403


class OverLimit(QueueError):
    """Too many messages are in flight, or a policy is too big."""

    code = "OverLimit"
    query_code = "OverLimit"
    status = 403


class ResourceNotFound(QueueError):
    """A queue or task that a move task names is not there."""

    code = "ResourceNotFoundException"
    query_code = "ResourceNotFoundException"
    status = 404


class UnsupportedOperation(QueueError):
    """The operation is not supported, here or on this queue."""

    code = "UnsupportedOperation"
    query_code = _PREFIX + "UnsupportedOperation"


class RequestThrottled(QueueError):
    """Too many requests."""

    code = "RequestThrottled"
    query_code = "RequestThrottled"


class InvalidAddress(QueueError):
    """The account id or queue in the path is malformed."""

    code = "InvalidAddress"
    query_code = "InvalidAddress"


class InvalidSecurity(QueueError):
    """The request is not made over HTTPS, or not signed as it must be."""

    code = "InvalidSecurity"
    query_code = "InvalidSecurity"


class KmsAccessDenied(QueueError):
    """The caller may not use the key."""

    code = "KmsAccessDenied"
    query_code = "KMS.AccessDeniedException"


class KmsDisabled(QueueError):
    """The key is disabled."""

    code = "KmsDisabled"
    query_code = "KMS.DisabledException"


class KmsInvalidKeyUsage(QueueError):
    """The key is made for another use."""

    code = "KmsInvalidKeyUsage"
    query_code = "KMS.InvalidKeyUsageException"


class KmsInvalidState(QueueError):
    """The key's state does not allow the request."""

    code = "KmsInvalidState"
    query_code = "KMS.InvalidStateException"


class KmsNotFound(QueueError):
    """The key is unknown."""

    code = "KmsNotFound"
    query_code = "KMS.NotFoundException"


class KmsOptInRequired(QueueError):
    """The caller's account has no subscription."""

    code = "KmsOptInRequired"
    query_code = "KMS.OptInRequired"


class KmsThrottled(QueueError):
    """Too many requests to the key service."""

    code = "KmsThrottled"
    query_code = "KMS.ThrottlingException"


class AccessDenied(QueueError):
    """The caller may not do this."""

    code = "AccessDenied"
    query_code = "AccessDenied"
    status = 403


class InvalidClientTokenId(QueueError):
    """The access key is unknown."""

    code = "InvalidClientTokenId"
    query_code = "InvalidClientTokenId"
    status = 403


class SignatureDoesNotMatch(QueueError):
    """The signature is not the one that we compute."""

    code = "SignatureDoesNotMatch"
    query_code = "SignatureDoesNotMatch"
    status = 403


class IncompleteSignature(QueueError):
    """The Authorization header lacks a part."""

    code = "IncompleteSignature"
    query_code = "IncompleteSignature"


class MissingAuthenticationToken(QueueError):
    """The request is not signed."""

    code = "MissingAuthenticationToken"
    query_code = "MissingAuthenticationToken"
    status = 403


class RequestExpired(QueueError):
    """The request was signed too long ago."""

    code = "RequestExpired"
    query_code = "RequestExpired"


class OptInRequired(QueueError):
    """The account has no subscription."""

    code = "OptInRequired"
    query_code = "OptInRequired"
    status = 403


class Throttling(QueueError):
    """Too many requests."""

    code = "ThrottlingException"
    query_code = "Throttling"
