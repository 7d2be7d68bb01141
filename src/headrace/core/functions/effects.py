"""What the functions ask the shell to do (imperative names)."""

import msgspec

from headrace.core.functions.eventbody import Ending
from headrace.core.functions.names import FunctionReference
from headrace.core.functions.replies import Place
from headrace.core.functions.settings import Deployment
from headrace.core.machine import BodyAddress


class StartEnvironment(msgspec.Struct, frozen=True):
    """Start an environment and run its init phase. Comes back as `EnvironmentStarted`.

    With the id of one whose invoke ended with its processes, it is that one, started anew: the same
    log stream, the same files in /tmp.
    """

    environment: str  #: 32 lower-case hex digits.
    deployment: Deployment
    log_stream: str
    init_limit_ms: int
    #: "on-demand", "provisioned-concurrency" or "snap-start".
    initialization_type: str = "on-demand"


class PrepareTemplate(msgspec.Struct, frozen=True):
    """Run the init phase of a version with SnapStart once, and keep it as `deployment.template`.

    Comes back as `TemplatePrepared`. Environments that start with "snap-start" come from it; where
    it is not there any more, after a restart, it is prepared again for the first of them.
    """

    environment: str  #: 32 lower-case hex digits, for the log stream and the credentials.
    deployment: Deployment
    log_stream: str
    init_limit_ms: int
    initialization_type: str = "snap-start"


class DropTemplate(msgspec.Struct, frozen=True, gc=False):
    """Let go of a template: its version is deleted."""

    template: str


class DropCode(msgspec.Struct, frozen=True, gc=False):
    """Let go of what lies unpacked and is not in `Functions.code_in_use` any more."""


class RunInvoke(msgspec.Struct, frozen=True, gc=False):
    """Run one event in an environment. Comes back as `InvokeEnded`."""

    environment: str
    request_id: str
    payload: bytes
    timeout_ms: int
    function_arn: str  #: As the caller named it, with its qualifier.
    trace_header: str = ""
    client_context: str = ""


class RunEvent(msgspec.Struct, frozen=True, gc=False):
    """Invoke a function with an event of its own. Comes back as `EventEnded`."""

    function: int
    event: int
    reference: FunctionReference
    address: BodyAddress  #: Of the envelope.
    #: What it has waited for (`replies.EventSeen.waits_for`); empty: nothing held it up.
    waited_for: str = ""


class SendResult(msgspec.Struct, frozen=True, gc=False):
    """Give a target what came of an event. Comes back as `EventSent`."""

    function: int
    event: int
    target: str  #: ARN.
    is_dead_letter: bool  #: A dead-letter queue gets the event, a destination the whole record.
    function_arn: str  #: With the qualifier that was invoked, or $LATEST.
    ending: Ending
    address: BodyAddress  #: Of the envelope.
    result: BodyAddress | None  #: Of how the last attempt was answered, if that is known.


class OfferPlace(msgspec.Struct, frozen=True, gc=False):
    """An invoke has ended: give its place to a caller that waits for one, if any does."""

    function_arn: str  #: Without a qualifier.
    place: Place  #: Never one that is ready ahead of need.


class FreezeEnvironment(msgspec.Struct, frozen=True, gc=False):
    """Stop all processes of an idle environment until the next invoke."""

    environment: str


class StopEnvironment(msgspec.Struct, frozen=True, gc=False):
    """Kill an environment that takes no more invokes, and keep nothing of it."""

    environment: str


class WriteLog(msgspec.Struct, frozen=True, gc=False):
    """Append whole lines to a log stream."""

    account: str
    region: str
    group: str
    stream: str
    text: bytes
