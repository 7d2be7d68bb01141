"""A role, and a managed policy: the durable things of this room."""

import msgspec

from headrace.base.instant import Instant


class Role(msgspec.Struct, frozen=True, array_like=True):
    """A role with all that hangs on it. New fields go to the end, with a default."""

    account: str
    name: str
    path: str  #: Begins and ends with "/".
    id: str  #: "AROA" and 17 letters and digits.
    created_at: Instant
    trust: str  #: The AssumeRolePolicyDocument, as it was sent.
    description: str | None = None
    max_session_s: int = 3_600
    boundary: str = ""  #: ARN of the permissions boundary; empty: none.
    tags: dict[str, str] = {}
    inline: dict[str, str] = {}  #: Name of an inline policy to its document.
    attached: tuple[str, ...] = ()  #: ARNs of managed policies, in the order of their coming.

    @property
    def arn(self) -> str:
        """The role's ARN."""
        return f"arn:aws:iam::{self.account}:role{self.path}{self.name}"


class PolicyVersion(msgspec.Struct, frozen=True, array_like=True):
    """One version of a managed policy's document."""

    number: int  #: 1 for "v1".
    document: str
    created_at: Instant

    @property
    def id(self) -> str:
        """How IAM calls it."""
        return f"v{self.number}"


class Policy(msgspec.Struct, frozen=True, array_like=True):
    """A customer managed policy. New fields go to the end, with a default."""

    account: str  #: "aws" for a policy of AWS's.
    name: str
    path: str
    id: str  #: "ANPA" and 17 letters and digits.
    created_at: Instant
    updated_at: Instant
    versions: tuple[PolicyVersion, ...]  #: Ascending by number; one of them is the default.
    default: int  #: Number of the default version.
    next_version: int
    description: str | None = None
    tags: dict[str, str] = {}

    @property
    def arn(self) -> str:
        """The policy's ARN."""
        return f"arn:aws:iam::{self.account}:policy{self.path}{self.name}"

    def version(self, id: str) -> PolicyVersion | None:
        """Return the version that IAM calls `id`, or None."""
        return next((one for one in self.versions if one.id == id), None)
