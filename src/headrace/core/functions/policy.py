"""A resource policy: who else may use a function or a layer version, and the edits of it.

Source: spec/lambda.md 1.20, 13.6, L-A78.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from headrace.base.arn import partition_of
from headrace.core.functions.errors import PreconditionFailed, ResourceConflict, ResourceNotFound
from headrace.core.functions.revisions import derived_uuid

#: The language of policies that are made of statements added one by one, and their name.
VERSION = "2012-10-17"
NAME = "default"

NO_POLICY = "No policy is associated with the given resource."


class Policy(msgspec.Struct, frozen=True, array_like=True):
    """A policy as stored; new fields go to the end with a default."""

    #: JSON text by statement id, in the order in which they came. A statement that was put
    #: without an id has one that none can be added or removed under: "#" and its place.
    statements: dict[str, str]
    seed: bytes  #: What its revision id derives from.
    version: str = VERSION
    name: str = NAME  #: Its `Id`; empty when it was put without one.

    @property
    def revision_id(self) -> str:
        """What changes with every change of it."""
        return derived_uuid(self.seed, b"policy")

    @property
    def text(self) -> str:
        """The whole policy as compact JSON."""
        document: dict[str, Any] = {"Version": self.version}
        if self.name:
            document["Id"] = self.name
        document["Statement"] = [msgspec.Raw(text.encode()) for text in self.statements.values()]
        return msgspec.json.encode(document).decode()


def with_statement(
    policy: Policy | None, statement_id: str, statement: Mapping[str, Any], seed: bytes
) -> Policy:
    """Return a policy with one more statement.

    Raises:
        ResourceConflict: There is one of this id.
    """
    text = msgspec.json.encode(statement).decode()
    if policy is None:
        return Policy({statement_id: text}, seed)
    if statement_id in policy.statements:
        raise ResourceConflict(
            f"The statement id ({statement_id}) provided already exists. Please provide a new "
            "statement id, or remove the existing statement."
        )
    statements = {**policy.statements, statement_id: text}
    return msgspec.structs.replace(policy, statements=statements, seed=seed)


def without_statement(policy: Policy | None, statement_id: str, seed: bytes) -> Policy:
    """Return a policy without one of its statements; perhaps none is left.

    Raises:
        ResourceNotFound: There is no policy, or no such statement in it.
    """
    if policy is None:
        raise ResourceNotFound(NO_POLICY)
    statements = dict(policy.statements)
    if statements.pop(statement_id, None) is None:
        raise ResourceNotFound(f"Statement {statement_id} is not found in resource policy.")
    return msgspec.structs.replace(policy, statements=statements, seed=seed)


def check_revision(given: str | None, latest: str | None, operation: str) -> None:
    """Refuse a caller who knows another policy.

    Args:
        given: The revision that the caller knows; None: he does not care.
        latest: The one that there is; None for a policy that is not there and has none.
        operation: AWS's name of what shows the latest revision.

    Raises:
        PreconditionFailed: The two differ.
    """
    if given is not None and given != latest:
        raise PreconditionFailed(
            "The Revision Id provided does not match the latest Revision Id. Call the "
            f"{operation} API to retrieve the latest Revision Id"
        )


def account_root(principal: str, region: str) -> str:
    """Return an account's own principal where only its number is given, and others as they are."""
    if len(principal) == 12 and principal.isdigit():
        return f"arn:{partition_of(region)}:iam::{principal}:root"
    return principal
