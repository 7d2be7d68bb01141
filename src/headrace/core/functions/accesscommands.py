"""What can be asked about who may use a function, and its URLs (imperative names)."""

import msgspec

from headrace.core.functions.names import FunctionReference
from headrace.core.functions.url import Cors


class Grant(msgspec.Struct, frozen=True, gc=False):
    """What a statement allows, and under which conditions; empty and None: no such condition."""

    statement_id: str
    action: str
    principal: str  #: An account, an ARN, a service, or "*".
    source_arn: str = ""
    source_account: str = ""
    organization_id: str = ""
    url_auth_type: str = ""
    event_source_token: str = ""
    via_url: bool | None = None  #: Whether the function is invoked by its URL.


class AddPermission(msgspec.Struct, frozen=True):
    """Let others use a function, version or alias. Reply: `PolicyShown`, of the new statement."""

    reference: FunctionReference
    grant: Grant
    seed: bytes
    revision_id: str | None = None  #: None: whatever the revision.


class RemovePermission(msgspec.Struct, frozen=True):
    """Take back what one statement allowed. Reply: `Done`."""

    reference: FunctionReference
    statement_id: str
    seed: bytes
    revision_id: str | None = None


class GetPolicy(msgspec.Struct, frozen=True, gc=False):
    """Show who else may use a function, version or alias. Reply: `PolicyShown`."""

    reference: FunctionReference


class PutPolicy(msgspec.Struct, frozen=True):
    """Put a whole policy in the place of what there is. Reply: `PolicyShown`."""

    reference: FunctionReference
    text: str  #: JSON, not looked at yet.
    seed: bytes
    revision_id: str | None = None


class DeletePolicy(msgspec.Struct, frozen=True, gc=False):
    """Take the whole policy away. Reply: `Done`."""

    reference: FunctionReference
    seed: bytes
    revision_id: str | None = None


class CreateUrl(msgspec.Struct, frozen=True):
    """Give a function or alias a URL. Reply: `UrlShown`."""

    reference: FunctionReference
    auth_type: str
    seed: bytes
    cors: Cors | None = None
    invoke_mode: str = ""  #: Empty: not given.


class UpdateUrl(msgspec.Struct, frozen=True):
    """Change a URL; what is None or empty stays. Reply: `UrlShown`."""

    reference: FunctionReference
    auth_type: str = ""
    cors: Cors | None = None  #: With nothing in it: none any more.
    invoke_mode: str = ""


class GetUrl(msgspec.Struct, frozen=True, gc=False):
    """Show the URL of a function or alias. Reply: `UrlShown`."""

    reference: FunctionReference


class DeleteUrl(msgspec.Struct, frozen=True, gc=False):
    """Delete the URL of a function or alias. Reply: `Done`."""

    reference: FunctionReference


class ListUrls(msgspec.Struct, frozen=True, gc=False):
    """List the URLs of a function and its aliases. Reply: `UrlsListed`."""

    reference: FunctionReference
    after: str = ""  #: "/" and a qualifier: those behind this one only.
    at_most: int = 50
