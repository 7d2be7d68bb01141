"""The tables of refusals are whole: each error that an operation can give has a row.

botocore's models say which errors an operation can give. One without a row is excused by a line
here, with the reason; what is excused and has a row after all, or is modelled nowhere, is a stray.
"""

import re
from functools import cache

import botocore.session
import pytest

from headrace.api.services import TABLES
from headrace.wire.catalog import LAMBDA
from headrace.wire.catalog import SERVICES as WIRE
from tests.contract.refusals.rows import rows_of
from tests.contract.refusals.test_refusals import SERVICES, UNMODELLED

#: Errors that have no row, as "service operation code", each part a pattern; the reason.
EXCUSED = {
    "lambda .* (ServiceException|TooManyRequestsException)": "no answer to what was asked",
    "lambda .* (KMS|EC2|ENI|EFS|S3Files|SnapStart|Subnet|CodeArtifactUser).*": "of parts of AWS that are not here",
    "lambda .* (CodeSigning|CodeVerification|InvalidCodeSignature).*": "code signing is not served",
    "lambda .* (Durable|FunctionVersionsPer|NoPublishedVersion|ModeNotSupported).*": "not served",
    "lambda .* (Runtime(Alias|Version)Deleted|ServiceQuotaExceeded|PublicPolicy)Exception": (
        "nothing here gives it"
    ),
    "lambda Invoke.* Invalid(Runtime|SecurityGroupID|SubnetID|ZipFile)Exception": (
        "the function would not be active"
    ),
    "lambda Invoke.* (RecursiveInvocation|ResourceNotReady|ResourceConflict)Exception": (
        "of a function in another state: tests/unit/core/functions, tests/scenarios"
    ),
    "lambda Invoke.* (Serialized)?Request(Entity)?TooLargeException": (
        "the service says RequestEntityTooLargeException (spec/lambda.md I3)"
    ),
    "lambda Invoke.* UnsupportedMediaTypeException": "any media type is read",
    "lambda .* (CodeStorageExceeded|PolicyLengthExceeded|AliasLimitExceeded)Exception": (
        "of what is full: tests/unit/core/functions"
    ),
    (
        "lambda (UpdateFunction|PublishVersion|UpdateAlias|DeleteAlias|PutFunction|DeleteFunction"
        "|DeleteProvisioned|TagResource|UntagResource|RemoveLayer|.*ResourcePolicy|UpdateFunction"
        "|PutRuntime|.*EventSourceMapping).* ResourceConflictException"
    ): "while an update is under way: tests/unit/core/functions",
    "lambda (Update|Delete)EventSourceMapping ResourceInUseException": (
        "while a mapping changes: tests/contract/esm"
    ),
    "lambda (CreateFunction|CreateEventSourceMapping) ResourceNotFoundException": (
        "what it names is missing: InvalidParameterValueException (spec/lambda.md 1.4, esm.md 1)"
    ),
    "lambda (PublishLayerVersion|ListLayerVersions|DeleteLayerVersion) ResourceNotFoundException": (
        "a layer that is missing is none (spec/lambda.md L-A70)"
    ),
    "lambda ListEventSourceMappings .*(ParameterValue|NotFound)Exception": (
        "a page that is empty (spec/esm.md 1)"
    ),
    "lambda (ListCodeSigningConfigs|ListDurableExecutionsByFunction) InvalidParameterValue.*": (
        "there is nothing to list"
    ),
    "lambda (Get|Delete)EventSourceMapping InvalidParameterValueException": "no parameter is looked at",
    "lambda (Get|Put)FunctionRecursionConfig InvalidParameterValueException": (
        "the pattern has no qualifier"
    ),
    "lambda .*LayerVersion(Permission|Policy) InvalidParameterValueException": (
        "a version below 1 does not exist (spec/lambda.md L-A69 is of Get and Delete)"
    ),
    "lambda (Get|Delete)ResourcePolicy InvalidParameterValueException": "nothing is looked at but the ARN",
    "lambda UpdateFunctionUrlConfig ResourceConflictException": "a URL is changed at once",
    "iam .* (ServiceFailure|ConcurrentModification)": "requests are answered one by one",
    "iam .* UnmodifiableEntity": "there are no roles of services",
    "iam .* PolicyNotAttachable": "every policy can be attached",
    "iam .* LimitExceeded": "of what is full: tests/unit/core/access",
    "iam (UpdateRole|(Attach|Detach)RolePolicy|PutRolePermissionsBoundary) InvalidInput": (
        "constraints say ValidationError, and an ARN that is none names no policy"
    ),
    "iam (Get|Delete|SetDefault|List|Create).*Polic(y|ies|yVersions?|yTags) InvalidInput": (
        "constraints say ValidationError, and an ARN that is none names no policy"
    ),
    "iam (CreatePolicyVersion|GetPolicyVersion|DeletePolicyVersion|UntagPolicy) InvalidInput": (
        "constraints say ValidationError"
    ),
    "sts .* (ExpiredToken|InvalidContextAssertion|RegionDisabled|PackedPolicy|MalformedPolicy).*": (
        "signatures, tokens and session policies are not looked at"
    ),
    "logs .* (OperationAborted|ServiceUnavailable|LimitExceeded)Exception": "nothing here gives it",
    "logs .* ValidationException": "no group is protected against deletion",
    "logs PutLogEvents (DataAlreadyAccepted|InvalidSequenceToken|UnrecognizedClient).*": (
        "sequence tokens are not looked at, as on AWS"
    ),
    "logs TagResource TooManyTagsException": "of what is full: tests/unit/core/logs",
    "events .* InternalException": "no answer to what was asked",
    "s3 CreateBucket BucketAlreadyExists": "another account's: tests/unit/core/objects",
    "s3 CreateBucket BucketAlreadyOwnedByYou": "us-east-1 says nothing: tests/unit/core/objects",
    "s3 Head(Bucket|Object) NoSuch(Bucket|Key)": "an answer without a body has a number as its code",
    "s3 PutObject (EncryptionTypeMismatch|InvalidRequest|InvalidWriteOffset|TooManyParts)": (
        "of directory buckets"
    ),
    "s3 CopyObject ObjectNotInActiveTierError": "there are no tiers",
    "s3 GetObject InvalidObjectState": "there are no tiers",
}
#: Operations that refuse nothing that a client can ask of them.
NEVER_REFUSED = {("lambda", "GetAccountSettings"), ("sts", "GetCallerIdentity")}
#: Codes of broken constraints, where a service looks at them before anything else.
CONSTRAINT = {
    "lambda": "ValidationException",
    "iam": "ValidationError",
    "sts": "ValidationError",
    "logs": "InvalidParameterException",
    "events": "ValidationException",
}
#: Operations whose model leaves out what the service says of every operation.
LEFT_OUT = {
    ("logs", "UntagLogGroup", "InvalidParameterException"),
    ("logs", "ListTagsLogGroup", "InvalidParameterException"),
}

every_service = pytest.mark.parametrize("service", SERVICES)


@cache
def possible(service):
    """Return every operation that is served with every code that botocore's model of it has."""
    model = botocore.session.get_session().get_service_model(service)
    return {
        (service, operation, shape.error_code or shape.name)
        for operation in TABLES[service]
        for shape in model.operation_model(operation).error_shapes
    }


def proven(service):
    """Return every operation with every code that it has a row of."""
    return {(service, row.operation, row.code) for row in rows_of(service)}


def excuses(triple):
    """Return the lines that excuse an operation's error."""
    return [line for line in EXCUSED if re.fullmatch(line, " ".join(triple))]


@every_service
def test_every_operation_has_a_row(service):
    asked = {(service, operation) for _, operation, _ in proven(service)}
    assert {(service, operation) for operation in WIRE[service].operations} - asked <= NEVER_REFUSED
    assert asked & NEVER_REFUSED == set()


@pytest.mark.slow
@every_service
def test_every_error_of_the_model_has_a_row_or_a_reason(service):
    missing = possible(service) - proven(service)
    assert sorted(triple for triple in missing if not excuses(triple)) == []


@pytest.mark.slow
def test_every_excuse_is_needed():
    missing = {triple for service in SERVICES for triple in possible(service) - proven(service)}
    used = {line for triple in missing for line in excuses(triple)}
    assert EXCUSED.keys() - used == set()


@pytest.mark.slow
@every_service
def test_a_row_has_an_error_of_its_operations_model_or_one_that_no_model_has(service):
    outside = {code for _, _, code in proven(service)} & UNMODELLED[service].keys()
    strays = proven(service) - possible(service) - LEFT_OUT
    unserved = WIRE[service].operations.keys() - TABLES[service].keys()
    assert [one for one in strays if one[1] not in unserved and one[2] not in outside] == []
    assert UNMODELLED[service].keys() - outside <= {"SerializationException"}


@pytest.mark.parametrize("service", CONSTRAINT)
def test_every_operation_with_constraints_has_a_row_of_one_that_is_broken(service):
    wire = WIRE[service]
    with_constraints = {
        (service, operation, CONSTRAINT[service])
        for operation in TABLES[service]
        if any(
            member.required or constrained(wire.shapes[member.shape])
            for member in wire.shapes[wire.operations[operation].input].members
        )
    }
    assert sorted(with_constraints - proven(service)) == []


def constrained(shape):
    """Tell whether a shape has a constraint of its own."""
    return bool(shape.pattern or shape.enum) or shape.minimum is not None


def test_what_is_not_served_says_so():
    unserved = LAMBDA.operations.keys() - TABLES["lambda"].keys()
    rows = [row for row in rows_of("lambda") if row.operation in unserved]
    assert {row.operation for row in rows} == unserved
    assert {row.text for row in rows} == {
        f"The operation {operation} is not served here." for operation in unserved
    }
