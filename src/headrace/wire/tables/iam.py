"""IAM operations and shapes (generated; do not edit).

Printed by tools/generate_tables.py from botocore 1.44.8, iam-2010-05-08.
"""

from headrace.wire.model import ErrorShape, Member, Operation, Shape

OPERATIONS = (
    Operation("AttachRolePolicy", "POST", "/", 200, "AttachRolePolicyRequest"),
    Operation("CreatePolicy", "POST", "/", 200, "CreatePolicyRequest", "CreatePolicyResponse"),
    Operation(
        "CreatePolicyVersion",
        "POST",
        "/",
        200,
        "CreatePolicyVersionRequest",
        "CreatePolicyVersionResponse",
    ),
    Operation("CreateRole", "POST", "/", 200, "CreateRoleRequest", "CreateRoleResponse"),
    Operation("DeletePolicy", "POST", "/", 200, "DeletePolicyRequest"),
    Operation("DeletePolicyVersion", "POST", "/", 200, "DeletePolicyVersionRequest"),
    Operation("DeleteRole", "POST", "/", 200, "DeleteRoleRequest"),
    Operation(
        "DeleteRolePermissionsBoundary", "POST", "/", 200, "DeleteRolePermissionsBoundaryRequest"
    ),
    Operation("DeleteRolePolicy", "POST", "/", 200, "DeleteRolePolicyRequest"),
    Operation("DetachRolePolicy", "POST", "/", 200, "DetachRolePolicyRequest"),
    Operation("GetPolicy", "POST", "/", 200, "GetPolicyRequest", "GetPolicyResponse"),
    Operation(
        "GetPolicyVersion", "POST", "/", 200, "GetPolicyVersionRequest", "GetPolicyVersionResponse"
    ),
    Operation("GetRole", "POST", "/", 200, "GetRoleRequest", "GetRoleResponse"),
    Operation("GetRolePolicy", "POST", "/", 200, "GetRolePolicyRequest", "GetRolePolicyResponse"),
    Operation(
        "ListAttachedRolePolicies",
        "POST",
        "/",
        200,
        "ListAttachedRolePoliciesRequest",
        "ListAttachedRolePoliciesResponse",
    ),
    Operation(
        "ListEntitiesForPolicy",
        "POST",
        "/",
        200,
        "ListEntitiesForPolicyRequest",
        "ListEntitiesForPolicyResponse",
    ),
    Operation(
        "ListInstanceProfilesForRole",
        "POST",
        "/",
        200,
        "ListInstanceProfilesForRoleRequest",
        "ListInstanceProfilesForRoleResponse",
    ),
    Operation("ListPolicies", "POST", "/", 200, "ListPoliciesRequest", "ListPoliciesResponse"),
    Operation(
        "ListPolicyTags", "POST", "/", 200, "ListPolicyTagsRequest", "ListPolicyTagsResponse"
    ),
    Operation(
        "ListPolicyVersions",
        "POST",
        "/",
        200,
        "ListPolicyVersionsRequest",
        "ListPolicyVersionsResponse",
    ),
    Operation(
        "ListRolePolicies", "POST", "/", 200, "ListRolePoliciesRequest", "ListRolePoliciesResponse"
    ),
    Operation("ListRoleTags", "POST", "/", 200, "ListRoleTagsRequest", "ListRoleTagsResponse"),
    Operation("ListRoles", "POST", "/", 200, "ListRolesRequest", "ListRolesResponse"),
    Operation("PutRolePermissionsBoundary", "POST", "/", 200, "PutRolePermissionsBoundaryRequest"),
    Operation("PutRolePolicy", "POST", "/", 200, "PutRolePolicyRequest"),
    Operation("SetDefaultPolicyVersion", "POST", "/", 200, "SetDefaultPolicyVersionRequest"),
    Operation("TagPolicy", "POST", "/", 200, "TagPolicyRequest"),
    Operation("TagRole", "POST", "/", 200, "TagRoleRequest"),
    Operation("UntagPolicy", "POST", "/", 200, "UntagPolicyRequest"),
    Operation("UntagRole", "POST", "/", 200, "UntagRoleRequest"),
    Operation("UpdateAssumeRolePolicy", "POST", "/", 200, "UpdateAssumeRolePolicyRequest"),
    Operation("UpdateRole", "POST", "/", 200, "UpdateRoleRequest", "UpdateRoleResponse"),
    Operation(
        "UpdateRoleDescription",
        "POST",
        "/",
        200,
        "UpdateRoleDescriptionRequest",
        "UpdateRoleDescriptionResponse",
    ),
)

SHAPES = (
    Shape(
        "AttachRolePolicyRequest",
        "structure",
        members=(
            Member("RoleName", "roleNameType", required=True),
            Member("PolicyArn", "arnType", required=True),
        ),
    ),
    Shape(
        "AttachedPermissionsBoundary",
        "structure",
        members=(
            Member("PermissionsBoundaryType", "PermissionsBoundaryAttachmentType"),
            Member("PermissionsBoundaryArn", "arnType"),
        ),
    ),
    Shape(
        "AttachedPolicy",
        "structure",
        members=(
            Member("PolicyName", "policyNameType"),
            Member("PolicyArn", "arnType"),
        ),
    ),
    Shape("ConcurrentModificationMessage", "string"),
    Shape(
        "CreatePolicyRequest",
        "structure",
        members=(
            Member("PolicyName", "policyNameType", required=True),
            Member("Path", "policyPathType"),
            Member("PolicyDocument", "policyDocumentType", required=True),
            Member("Description", "policyDescriptionType"),
            Member("Tags", "tagListType"),
        ),
    ),
    Shape("CreatePolicyResponse", "structure", members=(Member("Policy", "Policy"),)),
    Shape(
        "CreatePolicyVersionRequest",
        "structure",
        members=(
            Member("PolicyArn", "arnType", required=True),
            Member("PolicyDocument", "policyDocumentType", required=True),
            Member("SetAsDefault", "booleanType"),
        ),
    ),
    Shape(
        "CreatePolicyVersionResponse",
        "structure",
        members=(Member("PolicyVersion", "PolicyVersion"),),
    ),
    Shape(
        "CreateRoleRequest",
        "structure",
        members=(
            Member("Path", "pathType"),
            Member("RoleName", "roleNameType", required=True),
            Member("AssumeRolePolicyDocument", "policyDocumentType", required=True),
            Member("Description", "roleDescriptionType"),
            Member("MaxSessionDuration", "roleMaxSessionDurationType"),
            Member("MaxSigninSessionDuration", "maxSigninSessionDurationType"),
            Member("PermissionsBoundary", "arnType"),
            Member("Tags", "tagListType"),
        ),
    ),
    Shape("CreateRoleResponse", "structure", members=(Member("Role", "Role", required=True),)),
    Shape(
        "DeletePolicyRequest", "structure", members=(Member("PolicyArn", "arnType", required=True),)
    ),
    Shape(
        "DeletePolicyVersionRequest",
        "structure",
        members=(
            Member("PolicyArn", "arnType", required=True),
            Member("VersionId", "policyVersionIdType", required=True),
        ),
    ),
    Shape(
        "DeleteRolePermissionsBoundaryRequest",
        "structure",
        members=(Member("RoleName", "roleNameType", required=True),),
    ),
    Shape(
        "DeleteRolePolicyRequest",
        "structure",
        members=(
            Member("RoleName", "roleNameType", required=True),
            Member("PolicyName", "policyNameType", required=True),
        ),
    ),
    Shape(
        "DeleteRoleRequest",
        "structure",
        members=(Member("RoleName", "roleNameType", required=True),),
    ),
    Shape(
        "DetachRolePolicyRequest",
        "structure",
        members=(
            Member("RoleName", "roleNameType", required=True),
            Member("PolicyArn", "arnType", required=True),
        ),
    ),
    Shape(
        "EntityType",
        "string",
        enum=("User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"),
    ),
    Shape(
        "GetPolicyRequest", "structure", members=(Member("PolicyArn", "arnType", required=True),)
    ),
    Shape("GetPolicyResponse", "structure", members=(Member("Policy", "Policy"),)),
    Shape(
        "GetPolicyVersionRequest",
        "structure",
        members=(
            Member("PolicyArn", "arnType", required=True),
            Member("VersionId", "policyVersionIdType", required=True),
        ),
    ),
    Shape(
        "GetPolicyVersionResponse", "structure", members=(Member("PolicyVersion", "PolicyVersion"),)
    ),
    Shape(
        "GetRolePolicyRequest",
        "structure",
        members=(
            Member("RoleName", "roleNameType", required=True),
            Member("PolicyName", "policyNameType", required=True),
        ),
    ),
    Shape(
        "GetRolePolicyResponse",
        "structure",
        members=(
            Member("RoleName", "roleNameType", required=True),
            Member("PolicyName", "policyNameType", required=True),
            Member("PolicyDocument", "policyDocumentType", required=True),
        ),
    ),
    Shape(
        "GetRoleRequest", "structure", members=(Member("RoleName", "roleNameType", required=True),)
    ),
    Shape("GetRoleResponse", "structure", members=(Member("Role", "Role", required=True),)),
    Shape(
        "InstanceProfile",
        "structure",
        members=(
            Member("Path", "pathType", required=True),
            Member("InstanceProfileName", "instanceProfileNameType", required=True),
            Member("InstanceProfileId", "idType", required=True),
            Member("Arn", "arnType", required=True),
            Member("CreateDate", "dateType", required=True),
            Member("Roles", "roleListType", required=True),
            Member("Tags", "tagListType"),
        ),
    ),
    Shape(
        "ListAttachedRolePoliciesRequest",
        "structure",
        members=(
            Member("RoleName", "roleNameType", required=True),
            Member("PathPrefix", "policyPathType"),
            Member("Marker", "markerType"),
            Member("MaxItems", "maxItemsType"),
        ),
    ),
    Shape(
        "ListAttachedRolePoliciesResponse",
        "structure",
        members=(
            Member("AttachedPolicies", "attachedPoliciesListType"),
            Member("IsTruncated", "booleanType"),
            Member("Marker", "responseMarkerType"),
        ),
    ),
    Shape(
        "ListEntitiesForPolicyRequest",
        "structure",
        members=(
            Member("PolicyArn", "arnType", required=True),
            Member("EntityFilter", "EntityType"),
            Member("PathPrefix", "pathType"),
            Member("PolicyUsageFilter", "PolicyUsageType"),
            Member("Marker", "markerType"),
            Member("MaxItems", "maxItemsType"),
        ),
    ),
    Shape(
        "ListEntitiesForPolicyResponse",
        "structure",
        members=(
            Member("PolicyGroups", "PolicyGroupListType"),
            Member("PolicyUsers", "PolicyUserListType"),
            Member("PolicyRoles", "PolicyRoleListType"),
            Member("IsTruncated", "booleanType"),
            Member("Marker", "responseMarkerType"),
        ),
    ),
    Shape(
        "ListInstanceProfilesForRoleRequest",
        "structure",
        members=(
            Member("RoleName", "roleNameType", required=True),
            Member("Marker", "markerType"),
            Member("MaxItems", "maxItemsType"),
        ),
    ),
    Shape(
        "ListInstanceProfilesForRoleResponse",
        "structure",
        members=(
            Member("InstanceProfiles", "instanceProfileListType", required=True),
            Member("IsTruncated", "booleanType"),
            Member("Marker", "responseMarkerType"),
        ),
    ),
    Shape(
        "ListPoliciesRequest",
        "structure",
        members=(
            Member("Scope", "policyScopeType"),
            Member("OnlyAttached", "booleanType"),
            Member("PathPrefix", "policyPathType"),
            Member("PolicyUsageFilter", "PolicyUsageType"),
            Member("Marker", "markerType"),
            Member("MaxItems", "maxItemsType"),
        ),
    ),
    Shape(
        "ListPoliciesResponse",
        "structure",
        members=(
            Member("Policies", "policyListType"),
            Member("IsTruncated", "booleanType"),
            Member("Marker", "responseMarkerType"),
        ),
    ),
    Shape(
        "ListPolicyTagsRequest",
        "structure",
        members=(
            Member("PolicyArn", "arnType", required=True),
            Member("Marker", "markerType"),
            Member("MaxItems", "maxItemsType"),
        ),
    ),
    Shape(
        "ListPolicyTagsResponse",
        "structure",
        members=(
            Member("Tags", "tagListType", required=True),
            Member("IsTruncated", "booleanType"),
            Member("Marker", "responseMarkerType"),
        ),
    ),
    Shape(
        "ListPolicyVersionsRequest",
        "structure",
        members=(
            Member("PolicyArn", "arnType", required=True),
            Member("Marker", "markerType"),
            Member("MaxItems", "maxItemsType"),
        ),
    ),
    Shape(
        "ListPolicyVersionsResponse",
        "structure",
        members=(
            Member("Versions", "policyDocumentVersionListType"),
            Member("IsTruncated", "booleanType"),
            Member("Marker", "responseMarkerType"),
        ),
    ),
    Shape(
        "ListRolePoliciesRequest",
        "structure",
        members=(
            Member("RoleName", "roleNameType", required=True),
            Member("Marker", "markerType"),
            Member("MaxItems", "maxItemsType"),
        ),
    ),
    Shape(
        "ListRolePoliciesResponse",
        "structure",
        members=(
            Member("PolicyNames", "policyNameListType", required=True),
            Member("IsTruncated", "booleanType"),
            Member("Marker", "responseMarkerType"),
        ),
    ),
    Shape(
        "ListRoleTagsRequest",
        "structure",
        members=(
            Member("RoleName", "roleNameType", required=True),
            Member("Marker", "markerType"),
            Member("MaxItems", "maxItemsType"),
        ),
    ),
    Shape(
        "ListRoleTagsResponse",
        "structure",
        members=(
            Member("Tags", "tagListType", required=True),
            Member("IsTruncated", "booleanType"),
            Member("Marker", "responseMarkerType"),
        ),
    ),
    Shape(
        "ListRolesRequest",
        "structure",
        members=(
            Member("PathPrefix", "pathPrefixType"),
            Member("Marker", "markerType"),
            Member("MaxItems", "maxItemsType"),
        ),
    ),
    Shape(
        "ListRolesResponse",
        "structure",
        members=(
            Member("Roles", "roleListType", required=True),
            Member("IsTruncated", "booleanType"),
            Member("Marker", "responseMarkerType"),
        ),
    ),
    Shape("PermissionsBoundaryAttachmentType", "string", enum=("PermissionsBoundaryPolicy",)),
    Shape(
        "Policy",
        "structure",
        members=(
            Member("PolicyName", "policyNameType"),
            Member("PolicyId", "idType"),
            Member("Arn", "arnType"),
            Member("Path", "policyPathType"),
            Member("DefaultVersionId", "policyVersionIdType"),
            Member("AttachmentCount", "attachmentCountType"),
            Member("PermissionsBoundaryUsageCount", "attachmentCountType"),
            Member("IsAttachable", "booleanType"),
            Member("Description", "policyDescriptionType"),
            Member("CreateDate", "dateType"),
            Member("UpdateDate", "dateType"),
            Member("Tags", "tagListType"),
        ),
    ),
    Shape(
        "PolicyGroup",
        "structure",
        members=(
            Member("GroupName", "groupNameType"),
            Member("GroupId", "idType"),
        ),
    ),
    Shape("PolicyGroupListType", "list", item="PolicyGroup"),
    Shape(
        "PolicyRole",
        "structure",
        members=(
            Member("RoleName", "roleNameType"),
            Member("RoleId", "idType"),
        ),
    ),
    Shape("PolicyRoleListType", "list", item="PolicyRole"),
    Shape("PolicyUsageType", "string", enum=("PermissionsPolicy", "PermissionsBoundary")),
    Shape(
        "PolicyUser",
        "structure",
        members=(
            Member("UserName", "userNameType"),
            Member("UserId", "idType"),
        ),
    ),
    Shape("PolicyUserListType", "list", item="PolicyUser"),
    Shape(
        "PolicyVersion",
        "structure",
        members=(
            Member("Document", "policyDocumentType"),
            Member("VersionId", "policyVersionIdType"),
            Member("IsDefaultVersion", "booleanType"),
            Member("CreateDate", "dateType"),
        ),
    ),
    Shape(
        "PutRolePermissionsBoundaryRequest",
        "structure",
        members=(
            Member("RoleName", "roleNameType", required=True),
            Member("PermissionsBoundary", "arnType", required=True),
        ),
    ),
    Shape(
        "PutRolePolicyRequest",
        "structure",
        members=(
            Member("RoleName", "roleNameType", required=True),
            Member("PolicyName", "policyNameType", required=True),
            Member("PolicyDocument", "policyDocumentType", required=True),
        ),
    ),
    Shape(
        "Role",
        "structure",
        members=(
            Member("Path", "pathType", required=True),
            Member("RoleName", "roleNameType", required=True),
            Member("RoleId", "idType", required=True),
            Member("Arn", "arnType", required=True),
            Member("CreateDate", "dateType", required=True),
            Member("AssumeRolePolicyDocument", "policyDocumentType"),
            Member("Description", "roleDescriptionType"),
            Member("MaxSessionDuration", "roleMaxSessionDurationType"),
            Member("MaxSigninSessionDuration", "maxSigninSessionDurationType"),
            Member("PermissionsBoundary", "AttachedPermissionsBoundary"),
            Member("Tags", "tagListType"),
            Member("RoleLastUsed", "RoleLastUsed"),
            Member("SourceRoleTemplate", "SourceRoleTemplate"),
        ),
    ),
    Shape(
        "RoleLastUsed",
        "structure",
        members=(
            Member("LastUsedDate", "dateType"),
            Member("Region", "stringType"),
        ),
    ),
    Shape(
        "SetDefaultPolicyVersionRequest",
        "structure",
        members=(
            Member("PolicyArn", "arnType", required=True),
            Member("VersionId", "policyVersionIdType", required=True),
        ),
    ),
    Shape(
        "SourceRoleTemplate",
        "structure",
        members=(
            Member("TemplateArn", "arnType", required=True),
            Member("TemplateMinorVersion", "integerType", required=True),
        ),
    ),
    Shape(
        "Tag",
        "structure",
        members=(
            Member("Key", "tagKeyType", required=True),
            Member("Value", "tagValueType", required=True),
        ),
    ),
    Shape(
        "TagPolicyRequest",
        "structure",
        members=(
            Member("PolicyArn", "arnType", required=True),
            Member("Tags", "tagListType", required=True),
        ),
    ),
    Shape(
        "TagRoleRequest",
        "structure",
        members=(
            Member("RoleName", "roleNameType", required=True),
            Member("Tags", "tagListType", required=True),
        ),
    ),
    Shape(
        "UntagPolicyRequest",
        "structure",
        members=(
            Member("PolicyArn", "arnType", required=True),
            Member("TagKeys", "tagKeyListType", required=True),
        ),
    ),
    Shape(
        "UntagRoleRequest",
        "structure",
        members=(
            Member("RoleName", "roleNameType", required=True),
            Member("TagKeys", "tagKeyListType", required=True),
        ),
    ),
    Shape(
        "UpdateAssumeRolePolicyRequest",
        "structure",
        members=(
            Member("RoleName", "roleNameType", required=True),
            Member("PolicyDocument", "policyDocumentType", required=True),
        ),
    ),
    Shape(
        "UpdateRoleDescriptionRequest",
        "structure",
        members=(
            Member("RoleName", "roleNameType", required=True),
            Member("Description", "roleDescriptionType", required=True),
        ),
    ),
    Shape("UpdateRoleDescriptionResponse", "structure", members=(Member("Role", "Role"),)),
    Shape(
        "UpdateRoleRequest",
        "structure",
        members=(
            Member("RoleName", "roleNameType", required=True),
            Member("Description", "roleDescriptionType"),
            Member("MaxSessionDuration", "roleMaxSessionDurationType"),
            Member("MaxSigninSessionDuration", "maxSigninSessionDurationType"),
            Member("ResetMaxSigninSessionDuration", "booleanObjectType"),
        ),
    ),
    Shape("UpdateRoleResponse", "structure"),
    Shape("arnType", "string", minimum=20, maximum=2048),
    Shape("attachedPoliciesListType", "list", item="AttachedPolicy"),
    Shape("attachmentCountType", "integer"),
    Shape("booleanObjectType", "boolean"),
    Shape("booleanType", "boolean"),
    Shape("dateType", "timestamp"),
    Shape("deleteConflictMessage", "string"),
    Shape("entityAlreadyExistsMessage", "string"),
    Shape("groupNameType", "string", minimum=1, maximum=128, pattern="[\\w+=,.@-]+"),
    Shape("idType", "string", minimum=16, maximum=128, pattern="[\\w]+"),
    Shape("instanceProfileListType", "list", item="InstanceProfile"),
    Shape("instanceProfileNameType", "string", minimum=1, maximum=128, pattern="[\\w+=,.@-]+"),
    Shape("integerType", "integer"),
    Shape("invalidInputMessage", "string"),
    Shape("limitExceededMessage", "string"),
    Shape("malformedPolicyDocumentMessage", "string"),
    Shape("markerType", "string", minimum=1, maximum=320, pattern="[\\u0020-\\u00FF]+"),
    Shape("maxItemsType", "integer", minimum=1, maximum=1000),
    Shape("maxSigninSessionDurationType", "integer", minimum=3600, maximum=7776000),
    Shape("noSuchEntityMessage", "string"),
    Shape("pathPrefixType", "string", minimum=1, maximum=512, pattern="\\u002F[\\u0021-\\u007F]*"),
    Shape(
        "pathType",
        "string",
        minimum=1,
        maximum=512,
        pattern="(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)",
    ),
    Shape("policyDescriptionType", "string", maximum=1000),
    Shape(
        "policyDocumentType",
        "string",
        minimum=1,
        maximum=131072,
        pattern="[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+",
    ),
    Shape("policyDocumentVersionListType", "list", item="PolicyVersion"),
    Shape("policyListType", "list", item="Policy"),
    Shape("policyNameListType", "list", item="policyNameType"),
    Shape("policyNameType", "string", minimum=1, maximum=128, pattern="[\\w+=,.@-]+"),
    Shape("policyNotAttachableMessage", "string"),
    Shape(
        "policyPathType", "string", minimum=1, maximum=512, pattern="((/[A-Za-z0-9\\.,\\+@=_-]+)*)/"
    ),
    Shape("policyScopeType", "string", enum=("All", "AWS", "Local")),
    Shape("policyVersionIdType", "string", pattern="v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?"),
    Shape("responseMarkerType", "string"),
    Shape(
        "roleDescriptionType",
        "string",
        maximum=1000,
        pattern="[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*",
    ),
    Shape("roleListType", "list", item="Role"),
    Shape("roleMaxSessionDurationType", "integer", minimum=3600, maximum=43200),
    Shape("roleNameType", "string", minimum=1, maximum=64, pattern="[\\w+=,.@-]+"),
    Shape("serviceFailureExceptionMessage", "string"),
    Shape("stringType", "string"),
    Shape("tagKeyListType", "list", item="tagKeyType", maximum=50),
    Shape(
        "tagKeyType", "string", minimum=1, maximum=128, pattern="[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+"
    ),
    Shape("tagListType", "list", item="Tag", maximum=50),
    Shape(
        "tagValueType", "string", minimum=0, maximum=256, pattern="[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*"
    ),
    Shape("unmodifiableEntityMessage", "string"),
    Shape("userNameType", "string", minimum=1, maximum=64, pattern="[\\w+=,.@-]+"),
)

ERRORS = (
    ErrorShape("ConcurrentModificationException", 409, "message"),
    ErrorShape("DeleteConflictException", 409, "message"),
    ErrorShape("EntityAlreadyExistsException", 409, "message"),
    ErrorShape("InvalidInputException", 400, "message"),
    ErrorShape("LimitExceededException", 409, "message"),
    ErrorShape("MalformedPolicyDocumentException", 400, "message"),
    ErrorShape("NoSuchEntityException", 404, "message"),
    ErrorShape("PolicyNotAttachableException", 400, "message"),
    ErrorShape("ServiceFailureException", 500, "message"),
    ErrorShape("UnmodifiableEntityException", 400, "message"),
)
