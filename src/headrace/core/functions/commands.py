"""What can be asked of, or told to, the functions (imperative names).

Callers name a function by a `FunctionReference`, so that each refusal names what they named. The
last four commands are completions of effects and come from the shell only; a completion that
speaks of an environment or a version that is not known any more is dropped.
"""

from typing import Any

import msgspec

from headrace.core.functions.layernames import LayerReference
from headrace.core.functions.names import FunctionReference
from headrace.core.functions.outcomes import Ending, ExtensionState
from headrace.core.functions.settings import Code, Settings


class CreateFunction(msgspec.Struct, frozen=True):
    """Create a function. Reply: `FunctionShown`."""

    reference: FunctionReference
    settings: Settings
    code: Code
    tags: dict[str, str]
    seed: bytes  #: 16 random bytes.
    publish: bool = False  #: Whether to publish version 1 of it at once.
    layers: tuple[str, ...] | None = None  #: ARNs of layer versions, in their order.


class UpdateFunctionCode(msgspec.Struct, frozen=True):
    """Replace the code of $LATEST. Reply: `FunctionShown`."""

    reference: FunctionReference
    code: Code
    seed: bytes
    architecture: str | None = None  #: None: as it is.
    revision_id: str | None = None  #: None: whatever the revision.
    dry_run: bool = False  #: Check and show only.
    publish: bool = False  #: Whether to publish a version of it at once.


class UpdateFunctionConfiguration(msgspec.Struct, frozen=True):
    """Replace the settings of $LATEST. Reply: `FunctionShown`."""

    reference: FunctionReference
    settings: Settings  #: All of them: what was changed and what was not.
    seed: bytes
    revision_id: str | None = None
    layers: tuple[str, ...] | None = None  #: ARNs of layer versions; None: those it has.


class DeleteFunction(msgspec.Struct, frozen=True, gc=False):
    """Delete a function with all its versions, or the one that is named. Reply: `Done`."""

    reference: FunctionReference


class GetFunction(msgspec.Struct, frozen=True, gc=False):
    """Show a function. Reply: `FunctionShown`."""

    reference: FunctionReference


class ListFunctions(msgspec.Struct, frozen=True, gc=False):
    """List the functions of one account and region by name. Reply: `FunctionsListed`."""

    account: str
    region: str
    after: str = ""  #: Names behind this one only.
    at_most: int = 50
    all_versions: bool = False  #: Whether each version is listed, and not $LATEST only.
    after_version: str = ""  #: Also the function `after`, but its versions behind this one only.


class PublishVersion(msgspec.Struct, frozen=True):
    """Make the next version of $LATEST. Reply: `FunctionShown`."""

    reference: FunctionReference
    seed: bytes
    description: str | None = None  #: None: that of $LATEST.
    code_sha256: str | None = None  #: What the caller takes $LATEST's code to be; base64.
    revision_id: str | None = None


class ListVersions(msgspec.Struct, frozen=True, gc=False):
    """List $LATEST and the versions of a function in ascending order. Reply: `FunctionsListed`."""

    reference: FunctionReference
    after: str = ""  #: Versions behind this one only.
    at_most: int = 50


class CreateAlias(msgspec.Struct, frozen=True):
    """Name a version. Reply: `AliasShown`."""

    reference: FunctionReference
    name: str
    version: str
    seed: bytes
    description: str = ""
    weights: dict[str, int] = {}  #: Second version to its share of `alias.WEIGHT_SCALE`.


class UpdateAlias(msgspec.Struct, frozen=True):
    """Change an alias; what is None stays. Reply: `AliasShown`."""

    reference: FunctionReference
    name: str
    seed: bytes
    version: str | None = None
    description: str | None = None
    weights: dict[str, int] | None = None
    revision_id: str | None = None


class GetAlias(msgspec.Struct, frozen=True, gc=False):
    """Show an alias. Reply: `AliasShown`."""

    reference: FunctionReference
    name: str


class DeleteAlias(msgspec.Struct, frozen=True, gc=False):
    """Delete an alias, if there is one. Reply: `Done`."""

    reference: FunctionReference
    name: str


class ListAliases(msgspec.Struct, frozen=True, gc=False):
    """List a function's aliases by name. Reply: `AliasesListed`."""

    reference: FunctionReference
    version: str | None = None  #: Only those that point to it.
    after: str = ""  #: Names behind this one only.
    at_most: int = 50


class ReserveConcurrency(msgspec.Struct, frozen=True, gc=False):
    """Set a function's share of the account's concurrency. Reply: `ConcurrencyShown`."""

    reference: FunctionReference
    reserved: int | None  #: None gives it back. Reply then: `Done`.


class GetConcurrency(msgspec.Struct, frozen=True, gc=False):
    """Show a function's reserved concurrency. Reply: `ConcurrencyShown`."""

    reference: FunctionReference


class GetAccount(msgspec.Struct, frozen=True, gc=False):
    """Show what an account may use and uses in a region. Reply: `AccountShown`."""

    account: str
    region: str


class ProvisionConcurrency(msgspec.Struct, frozen=True, gc=False):
    """Keep environments of a version or alias ahead of need. Reply: `ProvisionedShown`."""

    reference: FunctionReference
    requested: int  #: At least 1.
    seed: bytes


class UnprovisionConcurrency(msgspec.Struct, frozen=True, gc=False):
    """Keep none any more, if any were kept. Reply: `Done`."""

    reference: FunctionReference
    seed: bytes


class GetProvisioned(msgspec.Struct, frozen=True, gc=False):
    """Show how provisioned a version or alias is. Reply: `ProvisionedShown`."""

    reference: FunctionReference


class ListProvisioned(msgspec.Struct, frozen=True, gc=False):
    """List what is provisioned of a function by qualifier. Reply: `ProvisionedListed`."""

    reference: FunctionReference
    after: str = ""  #: Qualifiers behind this one only.
    at_most: int = 50


class TagFunction(msgspec.Struct, frozen=True):
    """Add tags, or put others in their place. Reply: `Done`."""

    reference: FunctionReference
    tags: dict[str, str]
    seed: bytes


class UntagFunction(msgspec.Struct, frozen=True):
    """Take tags away, if they are there. Reply: `Done`."""

    reference: FunctionReference
    keys: tuple[str, ...]
    seed: bytes


class ListTags(msgspec.Struct, frozen=True, gc=False):
    """Show a function's tags. Reply: `TagsShown`."""

    reference: FunctionReference


class SetRecursion(msgspec.Struct, frozen=True, gc=False):
    """Let events of a loop go on, or end them. Reply: `RecursionShown`."""

    reference: FunctionReference
    allows: bool


class GetRecursion(msgspec.Struct, frozen=True, gc=False):
    """Show what becomes of a function's loops. Reply: `RecursionShown`."""

    reference: FunctionReference


class PublishLayerVersion(msgspec.Struct, frozen=True):
    """Make the next version of a layer, or its first. Reply: `LayerVersionShown`."""

    caller: str  #: The account that asks.
    reference: LayerReference
    content: Code
    seed: bytes
    description: str = ""
    runtimes: tuple[str, ...] | None = None
    architectures: tuple[str, ...] | None = None
    license_info: str | None = None


class GetLayerVersion(msgspec.Struct, frozen=True, gc=False):
    """Show a layer version. Reply: `LayerVersionShown`."""

    caller: str
    region: str  #: In which the caller asks.
    reference: LayerReference


class ListLayers(msgspec.Struct, frozen=True, gc=False):
    """List an account's layers in a region by name. Reply: `LayersListed`."""

    account: str
    region: str
    after: str = ""  #: Names behind this one only.
    at_most: int = 50
    runtime: str | None = None  #: Only versions that are for it.
    architecture: str | None = None


class ListLayerVersions(msgspec.Struct, frozen=True, gc=False):
    """List a layer's versions, newest first. Reply: `LayersListed`."""

    caller: str
    reference: LayerReference
    before: int = 0  #: Versions older than this one only; 0: all.
    at_most: int = 50
    runtime: str | None = None
    architecture: str | None = None


class DeleteLayerVersion(msgspec.Struct, frozen=True, gc=False):
    """Delete a layer version, if it is there. Reply: `Done`."""

    caller: str
    reference: LayerReference


class AddLayerPermission(msgspec.Struct, frozen=True):
    """Let others use a layer version. Reply: `PolicyShown`, of the new statement."""

    caller: str
    reference: LayerReference
    statement_id: str
    action: str
    principal: str  #: An account, its ARN, or "*".
    seed: bytes
    organization_id: str = ""
    revision_id: str | None = None  #: None: whatever the revision.


class RemoveLayerPermission(msgspec.Struct, frozen=True):
    """Take back what was allowed. Reply: `Done`."""

    caller: str
    reference: LayerReference
    statement_id: str
    seed: bytes
    revision_id: str | None = None


class GetLayerPolicy(msgspec.Struct, frozen=True, gc=False):
    """Show who else may use a layer version. Reply: `PolicyShown`."""

    caller: str
    reference: LayerReference


class Invoke(msgspec.Struct, frozen=True, gc=False):
    """Run a function once. Reply: `Invoked`, later; for a dry run `Done` at once."""

    reference: FunctionReference
    payload: bytes  #: JSON text, at most 6,291,456 bytes; both checked before.
    request_id: str
    log_tail: bool = False  #: Whether the reply carries the end of the log.
    trace_header: str = ""
    client_context: str = ""  #: JSON text; empty when there is none.
    dry_run: bool = False  #: Check only whether it could be invoked.
    event: int | None = None  #: Of an asynchronous invoke: the number of the function's event.
    keeps_place: bool = False  #: Whether the caller itself sees to who gets its place afterwards.


class AcceptEvent(msgspec.Struct, frozen=True, gc=False):
    """Take an asynchronous invoke over. Reply: `EventTaken`, when it is on disk."""

    reference: FunctionReference
    block: int  #: Number of the block that is being filled: where the body will lie.
    body: bytes  #: An `eventbody.Envelope`, encoded.
    request: bytes = b""  #: `eventbody.key_of` its request id.


class LookAtEvent(msgspec.Struct, frozen=True, gc=False):
    """Say where an asynchronous invoke is and what it waits for. Reply: `EventSeen`."""

    function: int
    event: int


class EventEnded(msgspec.Struct, frozen=True):
    """An attempt at an asynchronous invoke is over. Reply: `Done`."""

    function: int
    event: int
    block: int  #: Number of the block that is being filled.
    value: Any  #: `Invoked`, or the ServiceError by which the function was not run.


class EventSent(msgspec.Struct, frozen=True, gc=False):
    """What came of an event was given to a target, or not. Reply: `Done`."""

    function: int
    event: int
    target: str  #: ARN.
    is_dead_letter: bool
    try_again: bool = False  #: Whether the target could not take it now, but may later.
    is_refused: bool = False  #: Whether the target did not take it, now or for ever.


class MoveEvents(msgspec.Struct, frozen=True):
    """Compaction: these bodies of events now lie in `block`. Reply: `Done`.

    As `core.sqs.commands.MoveBodies`: each entry is (block where it lay, machine, number); bodies
    that nobody needs any more, or that lie elsewhere by now, are skipped.
    """

    function: int
    block: int
    bodies: tuple[tuple[int, int, int], ...]


class SetInvokeConfig(msgspec.Struct, frozen=True, gc=False):
    """Set how asynchronous invokes are handled. Reply: `InvokeConfigShown`."""

    reference: FunctionReference
    retries: int | None
    age_s: int | None
    on_success: str | None  #: ARN; empty for none; None: not given.
    on_failure: str | None
    merges: bool  #: Whether what is not given stays as it is.


class GetInvokeConfig(msgspec.Struct, frozen=True, gc=False):
    """Show how asynchronous invokes are handled. Reply: `InvokeConfigShown`."""

    reference: FunctionReference


class DeleteInvokeConfig(msgspec.Struct, frozen=True, gc=False):
    """Handle asynchronous invokes by default again. Reply: `Done`."""

    reference: FunctionReference


class ListInvokeConfigs(msgspec.Struct, frozen=True, gc=False):
    """List what is set, by qualifier. Reply: `InvokeConfigsListed`."""

    reference: FunctionReference
    after: str = ""  #: Qualifiers behind this one only.
    at_most: int = 50


class EnvironmentStarted(msgspec.Struct, frozen=True, gc=False):
    """The init phase of an environment is over, well or badly. Reply: `Done`."""

    environment: str
    ending: Ending
    duration_us: int = 0
    #: The runtime's error document for ERROR; a sentence for REFUSED and FAULT.
    payload: bytes = b""
    exit_status: int = 0
    signal: int = 0
    memory_peak_mb: int = 0
    log: bytes = b""  #: The end of what it wrote meanwhile.
    error_type: str = ""  #: For FAULT: AWS's word for it.
    extensions: tuple[ExtensionState, ...] = ()


class InvokeEnded(msgspec.Struct, frozen=True, gc=False):
    """An invoke is over. Reply: `Done`."""

    environment: str
    ending: Ending
    duration_us: int = 0
    #: The answer, or the runtime's error document; a sentence for FAULT.
    payload: bytes = b""
    exit_status: int = 0
    signal: int = 0
    memory_peak_mb: int = 0
    log: bytes = b""  #: The end of what the function wrote meanwhile.
    error_type: str = ""  #: For FAULT: AWS's word for it.


class EnvironmentGone(msgspec.Struct, frozen=True, gc=False):
    """An environment's process has ended by itself or was killed. Reply: `Done`."""

    environment: str


class TemplatePrepared(msgspec.Struct, frozen=True, gc=False):
    """The init phase of a version with SnapStart is over, well or badly. Reply: `Done`."""

    environment: str
    function: int
    version: str
    ending: Ending
    duration_us: int = 0
    #: The runtime's error document for ERROR; a sentence for REFUSED and FAULT.
    payload: bytes = b""
    error_type: str = ""  #: For FAULT: AWS's word for it.
    log_stream: str = ""  #: Where its log is.
