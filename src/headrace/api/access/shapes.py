"""Roles and policies in AWS's members, documents URL-encoded as IAM gives them; pages of lists."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from headrace.api.operation import Answer, Parameters
from headrace.core.access.errors import DuplicateTagKeys, ValidationError
from headrace.core.access.replies import PolicyShown
from headrace.core.access.role import Policy, PolicyVersion, Role

#: Items of a page when the caller does not say.
PAGE = 100


def encode_document(text: str) -> str:
    """Return a document as IAM's answers have it (RFC 3986)."""
    return quote(text, safe="")


def tags_of(parameters: Parameters) -> dict[str, str]:
    """Return the tags of a request by key.

    Raises:
        DuplicateTagKeys: A key stands there twice.
    """
    given = parameters.get("Tags", ())
    tags = {tag["Key"]: tag["Value"] for tag in given}
    if len(tags) != len(given):
        raise DuplicateTagKeys
    return tags


def tag_members(tags: Mapping[str, str]) -> list[Answer]:
    """Return tags as a list."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def role_members(role: Role, *, is_listed: bool = False) -> Answer:
    """Return a role; lists leave out tags, boundary and use, as IAM's do."""
    members: Answer = {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": role.arn,
        "CreateDate": role.created_at,
        "AssumeRolePolicyDocument": encode_document(role.trust),
        "Description": role.description,
        "MaxSessionDuration": role.max_session_s,
    }
    if is_listed:
        return members
    if role.boundary:
        members["PermissionsBoundary"] = {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": role.boundary,
        }
    return {**members, "Tags": tag_members(role.tags) or None, "RoleLastUsed": {}}


def policy_members(shown: PolicyShown, *, is_listed: bool = False) -> Answer:
    """Return a managed policy; lists leave out description and tags, as IAM's do."""
    policy = shown.policy
    members: Answer = {
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": f"v{policy.default}",
        "AttachmentCount": shown.attachments,
        "PermissionsBoundaryUsageCount": shown.boundaries,
        "IsAttachable": True,
        "CreateDate": policy.created_at,
        "UpdateDate": policy.updated_at,
    }
    if is_listed:
        return members
    return {**members, "Description": policy.description, "Tags": tag_members(policy.tags)}


def version_members(policy: Policy, version: PolicyVersion, *, with_document: bool) -> Answer:
    """Return a version of a managed policy."""
    return {
        "Document": encode_document(version.document) if with_document else None,
        "VersionId": version.id,
        "IsDefaultVersion": version.number == policy.default,
        "CreateDate": version.created_at,
    }


def page(parameters: Parameters, member: str, items: Sequence[Any]) -> Answer:
    """Return one page of a list under `member`; the marker is the place of the next item.

    Raises:
        ValidationError: The marker is not one of ours.
    """
    marker = parameters.get("Marker", "0")
    if not (marker.isascii() and marker.isdigit() and len(marker) <= 9):
        raise ValidationError(f"Invalid Marker: {marker}")
    start = int(marker)
    end = start + parameters.get("MaxItems", PAGE)
    is_truncated = end < len(items)
    found: Answer = {member: list(items[start:end]), "IsTruncated": is_truncated}
    if is_truncated:
        found["Marker"] = str(end)
    return found
