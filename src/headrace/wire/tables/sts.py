"""STS operations and shapes (generated; do not edit).

Printed by tools/generate_tables.py from botocore 1.44.8, sts-2011-06-15.
"""

from headrace.wire.model import ErrorShape, Member, Operation, Shape

OPERATIONS = (
    Operation("AssumeRole", "POST", "/", 200, "AssumeRoleRequest", "AssumeRoleResponse"),
    Operation(
        "GetCallerIdentity",
        "POST",
        "/",
        200,
        "GetCallerIdentityRequest",
        "GetCallerIdentityResponse",
    ),
    Operation(
        "GetSessionToken", "POST", "/", 200, "GetSessionTokenRequest", "GetSessionTokenResponse"
    ),
)

SHAPES = (
    Shape(
        "AssumeRoleRequest",
        "structure",
        members=(
            Member("RoleArn", "arnType", required=True),
            Member("RoleSessionName", "roleSessionNameType", required=True),
            Member("PolicyArns", "policyDescriptorListType"),
            Member("Policy", "unrestrictedSessionPolicyDocumentType"),
            Member("DurationSeconds", "roleDurationSecondsType"),
            Member("Tags", "tagListType"),
            Member("TransitiveTagKeys", "tagKeyListType"),
            Member("ExternalId", "externalIdType"),
            Member("SerialNumber", "serialNumberType"),
            Member("TokenCode", "tokenCodeType"),
            Member("SourceIdentity", "sourceIdentityType"),
            Member("ProvidedContexts", "ProvidedContextsListType"),
            Member("MinimumSessionTokenSize", "minimumSessionTokenSizeType"),
        ),
    ),
    Shape(
        "AssumeRoleResponse",
        "structure",
        members=(
            Member("Credentials", "Credentials"),
            Member("AssumedRoleUser", "AssumedRoleUser"),
            Member("PackedPolicySize", "nonNegativeIntegerType"),
            Member("SourceIdentity", "sourceIdentityType"),
            Member("SessionTokenUtilization", "sessionTokenUtilizationType"),
            Member("SessionTokenSize", "sessionTokenSizeType"),
        ),
    ),
    Shape(
        "AssumedRoleUser",
        "structure",
        members=(
            Member("AssumedRoleId", "assumedRoleIdType", required=True),
            Member("Arn", "arnType", required=True),
        ),
    ),
    Shape(
        "Credentials",
        "structure",
        members=(
            Member("AccessKeyId", "accessKeyIdType", required=True),
            Member("SecretAccessKey", "accessKeySecretType", required=True),
            Member("SessionToken", "tokenType", required=True),
            Member("Expiration", "dateType", required=True),
        ),
    ),
    Shape("GetCallerIdentityRequest", "structure"),
    Shape(
        "GetCallerIdentityResponse",
        "structure",
        members=(
            Member("UserId", "userIdType"),
            Member("Account", "accountType"),
            Member("Arn", "arnType"),
        ),
    ),
    Shape(
        "GetSessionTokenRequest",
        "structure",
        members=(
            Member("DurationSeconds", "durationSecondsType"),
            Member("SerialNumber", "serialNumberType"),
            Member("TokenCode", "tokenCodeType"),
            Member("MinimumSessionTokenSize", "minimumSessionTokenSizeType"),
        ),
    ),
    Shape(
        "GetSessionTokenResponse",
        "structure",
        members=(
            Member("Credentials", "Credentials"),
            Member("SessionTokenUtilization", "sessionTokenUtilizationType"),
            Member("SessionTokenSize", "sessionTokenSizeType"),
        ),
    ),
    Shape("InvalidContextAssertionMessage", "string"),
    Shape("PolicyDescriptorType", "structure", members=(Member("arn", "arnType"),)),
    Shape(
        "ProvidedContext",
        "structure",
        members=(
            Member("ProviderArn", "arnType"),
            Member("ContextAssertion", "contextAssertionType"),
        ),
    ),
    Shape("ProvidedContextsListType", "list", item="ProvidedContext", minimum=1, maximum=5),
    Shape(
        "Tag",
        "structure",
        members=(
            Member("Key", "tagKeyType", required=True),
            Member("Value", "tagValueType", required=True),
        ),
    ),
    Shape("accessKeyIdType", "string", minimum=16, maximum=128, pattern="[\\w]*"),
    Shape("accessKeySecretType", "string", sensitive=True),
    Shape("accountType", "string"),
    Shape(
        "arnType",
        "string",
        minimum=20,
        maximum=2048,
        pattern="[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u0085\\u00A0-\\uD7FF\\uE000-\\uFFFD\\u10000-\\u10FFFF]+",
    ),
    Shape("assumedRoleIdType", "string", minimum=2, maximum=193, pattern="[\\w+=,.@:-]*"),
    Shape("contextAssertionType", "string", minimum=4, maximum=3072),
    Shape("dateType", "timestamp"),
    Shape("durationSecondsType", "integer", minimum=900, maximum=129600),
    Shape("expiredIdentityTokenMessage", "string"),
    Shape("externalIdType", "string", minimum=2, maximum=1224, pattern="[\\w+=,.@:\\/-]*"),
    Shape("malformedPolicyDocumentMessage", "string"),
    Shape("minimumSessionTokenSizeType", "integer", minimum=0, maximum=4096),
    Shape("nonNegativeIntegerType", "integer", minimum=0),
    Shape("packedPolicyTooLargeMessage", "string"),
    Shape("policyDescriptorListType", "list", item="PolicyDescriptorType"),
    Shape("regionDisabledMessage", "string"),
    Shape("roleDurationSecondsType", "integer", minimum=900, maximum=43200),
    Shape("roleSessionNameType", "string", minimum=2, maximum=64, pattern="[\\w+=,.@-]*"),
    Shape("serialNumberType", "string", minimum=9, maximum=256, pattern="[\\w+=/:,.@-]*"),
    Shape("sessionTokenSizeType", "integer", minimum=0),
    Shape("sessionTokenUtilizationType", "integer", minimum=0),
    Shape("sourceIdentityType", "string", minimum=2, maximum=256, pattern="[\\w+=,.@-]*"),
    Shape("tagKeyListType", "list", item="tagKeyType", maximum=50),
    Shape(
        "tagKeyType", "string", minimum=1, maximum=128, pattern="[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+"
    ),
    Shape("tagListType", "list", item="Tag", maximum=50),
    Shape(
        "tagValueType", "string", minimum=0, maximum=256, pattern="[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*"
    ),
    Shape("tokenCodeType", "string", minimum=6, maximum=6, pattern="[\\d]*"),
    Shape("tokenType", "string"),
    Shape(
        "unrestrictedSessionPolicyDocumentType",
        "string",
        minimum=1,
        pattern="[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+",
    ),
    Shape("userIdType", "string"),
)

ERRORS = (
    ErrorShape("ExpiredTokenException", 400, "message"),
    ErrorShape("InvalidContextAssertionException", 400, "message"),
    ErrorShape("MalformedPolicyDocumentException", 400, "message"),
    ErrorShape("PackedPolicyTooLargeException", 400, "message"),
    ErrorShape("RegionDisabledException", 403, "message"),
)
