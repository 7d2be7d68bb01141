"""What can be asked of, or told to, the functions (imperative names).

Callers name a function by a `FunctionReference`, so that each refusal names what they named. The
last three commands are completions of effects and come from the shell only; a completion that
speaks of an environment that is not known any more is dropped.
"""

import msgspec

from headrace.core.functions.names import FunctionReference
from headrace.core.functions.outcomes import Ending
from headrace.core.functions.settings import Code, Settings


class CreateFunction(msgspec.Struct, frozen=True):
    """Create a function. Reply: `FunctionShown`."""

    reference: FunctionReference
    settings: Settings
    code: Code
    tags: dict[str, str]
    seed: bytes  #: 16 random bytes.


class UpdateFunctionCode(msgspec.Struct, frozen=True):
    """Replace the code of $LATEST. Reply: `FunctionShown`."""

    reference: FunctionReference
    code: Code
    seed: bytes
    architecture: str | None = None  #: None: as it is.
    revision_id: str | None = None  #: None: whatever the revision.
    dry_run: bool = False  #: Check and show only.


class UpdateFunctionConfiguration(msgspec.Struct, frozen=True):
    """Replace the settings of $LATEST. Reply: `FunctionShown`."""

    reference: FunctionReference
    settings: Settings  #: All of them: what was changed and what was not.
    seed: bytes
    revision_id: str | None = None


class DeleteFunction(msgspec.Struct, frozen=True, gc=False):
    """Delete a function with all its versions. Reply: `Done`."""

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


class Invoke(msgspec.Struct, frozen=True, gc=False):
    """Run a function once. Reply: `Invoked`, later; for a dry run `Done` at once."""

    reference: FunctionReference
    payload: bytes  #: JSON text, at most 6,291,456 bytes; both checked before.
    request_id: str
    log_tail: bool = False  #: Whether the reply carries the end of the log.
    trace_header: str = ""
    client_context: str = ""  #: JSON text; empty when there is none.
    dry_run: bool = False  #: Check only whether it could be invoked.


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


class InvokeEnded(msgspec.Struct, frozen=True, gc=False):
    """An invoke is over. Reply: `Done`."""

    environment: str
    ending: Ending
    duration_us: int = 0
    payload: bytes = b""  #: The answer, or the runtime's error document.
    exit_status: int = 0
    signal: int = 0
    memory_peak_mb: int = 0
    log: bytes = b""  #: The end of what the function wrote meanwhile.


class EnvironmentGone(msgspec.Struct, frozen=True, gc=False):
    """An environment's process has ended by itself or was killed. Reply: `Done`."""

    environment: str
