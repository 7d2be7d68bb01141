"""Start, invoke, freeze and stop execution environments.

The sandbox reports facts (answered, timed out, exited with status 1, killed by signal 9); what
they mean for a caller is decided in `core/functions`. Times here are machine time: monotonic
nanoseconds, never service time.
"""

import asyncio
from collections.abc import Callable
from enum import Enum
from typing import Protocol

import msgspec

from headrace.core.functions.codeuse import CodeInUse


class RuntimeFound(msgspec.Struct, frozen=True):
    """An interpreter on this machine and the Lambda runtime that it serves."""

    runtime: str  #: Lambda's identifier, e.g. "python3.12".
    path: str  #: Absolute path of the interpreter; empty where packages bring their program.
    version: str  #: Full version, e.g. "3.12.1"; empty likewise.
    missing: str = ""  #: What it lacks before it can run anything, as a sentence; empty: nothing.


class Layer(msgspec.Struct, frozen=True):
    """An archive of files for /opt."""

    archive: str  #: Absolute path of the zip archive, complete on disk.
    digest: str  #: SHA-256 of the archive in hex.


class ImageFound(msgspec.Struct, frozen=True):
    """A container image on this machine, as it says itself."""

    digest: str  #: SHA-256 in hex: of its manifest, its configuration, or what stands for a folder.
    resolved_uri: str
    architecture: str  #: In AWS's words where it has one; empty where it does not say.
    entry_point: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    working_directory: str = ""
    variables: dict[str, str] = {}


class ImageSpec(msgspec.Struct, frozen=True):
    """A container image as the root of an environment, and what to execute there."""

    uri: str
    digest: str
    architecture: str  #: Of the function, in AWS's words.
    command: tuple[str, ...]  #: Program and arguments; may be empty, and then nothing can run.
    working_directory: str  #: Absolute; "/" where nobody named one.
    variables: dict[str, str]  #: The image's own; those of Lambda and of the function go over them.


class EnvironmentSpec(msgspec.Struct, frozen=True):
    """Everything a new execution environment needs; two functions never share one."""

    environment_id: str  #: 32 lower-case hex digits; the log stream ends in it.
    function_name: str
    function_version: str  #: "$LATEST" or digits.
    runtime: str  #: Lambda's identifier, e.g. "python3.12".
    handler: str  #: "module.function", "pkg/module.function"; whatever its language expects.
    code_archive: str  #: Absolute path of the zip archive, complete on disk.
    code_digest: str  #: SHA-256 of the archive in hex; the key under which it is unpacked once.
    memory_mb: int  #: 128 to 10,240.
    ephemeral_storage_mb: int  #: Size of /tmp, 512 to 10,240.
    variables: dict[str, str]  #: The function's process environment beside what the sandbox adds.
    log_group: str
    log_stream: str
    init_limit_ms: int  #: Time limit of the init phase.
    #: Merged into /opt in this order: of two files at one path the later layer's is there.
    layers: tuple[Layer, ...] = ()
    #: A folder on this machine whose files are the code, instead of an archive's: `code_archive` is
    #: empty then, and `code_digest` another one whenever the folder has changed.
    code_folder: str = ""
    #: The root, instead of any code; `runtime` is "image" then. Needs level `namespace`.
    image: ImageSpec | None = None
    #: "on-demand", "provisioned-concurrency" or "snap-start", as the function is told.
    initialization_type: str = "on-demand"
    #: Which template it comes from, for "snap-start"; else empty.
    template: str = ""
    #: "host", the machine's own, or "none": nothing but itself. The latter needs level `namespace`.
    network: str = "host"


class InitStatus(Enum):
    """How the init phase ended."""

    OK = "ok"
    ERROR = "error"  #: The runtime reported an error (import failed, handler missing).
    EXITED = "exited"  #: The process ended by itself.
    KILLED = "killed"  #: The process was killed by a signal that we did not send.
    OUT_OF_MEMORY = "out_of_memory"
    TIMED_OUT = "timed_out"
    FAULT = "fault"  #: There is nothing to run; error_type and payload (a sentence) say why.


class ExtensionFound(msgspec.Struct, frozen=True):
    """An external extension as it is at the end of the init phase."""

    name: str
    state: str  #: AWS's word: "Started", "Registered" or "Ready" (it waits for its first event).
    events: tuple[str, ...] = ()  #: What it registered for: "INVOKE", "SHUTDOWN".


class InitOutcome(msgspec.Struct, frozen=True):
    """What came of the init phase. Unless OK, the environment is dead already."""

    status: InitStatus
    duration_ns: int
    payload: bytes = b""  #: The runtime's error document for ERROR, else empty.
    exit_status: int = 0  #: For EXITED.
    signal: int = 0  #: For KILLED and OUT_OF_MEMORY.
    memory_peak_mb: int = 0  #: Rounded up.
    error_type: str = ""  #: For FAULT: AWS's word, "Runtime.InvalidEntrypoint".
    extensions: tuple[ExtensionFound, ...] = ()  #: By name.


class AnswerStream(Protocol):
    """Takes an answer bit by bit, while the function writes it. Nothing here raises.

    Called on the event loop. When its taker is gone or has had enough, pieces are dropped.
    """

    @property
    def is_full(self) -> bool:
        """Whether no more should be written before `when_room` calls."""
        ...

    def begin(self, content_type: str) -> None:
        """The answer begins, of this type; called before the first piece."""
        ...

    def write(self, piece: bytes) -> None:
        """Take a piece, even when full."""
        ...

    def when_room(self, action: Callable[[], None]) -> None:
        """Call `action` once, when it is full no more: at once if it is not full now."""
        ...


class Invocation(msgspec.Struct, frozen=True):
    """One event for one environment."""

    request_id: str
    payload: bytes  #: JSON text, as it came.
    timeout_ms: int  #: Time limit, counted from delivery, in machine time.
    deadline_epoch_ms: int  #: The same limit as wall-clock time, for the context object.
    invoked_function_arn: str
    trace_header: str = ""  #: For _X_AMZN_TRACE_ID; empty when there is none.
    client_context: str = ""  #: JSON text; empty when there is none.
    #: Takes the answer of a function that streams it; what was streamed is not in the outcome.
    #: None: the outcome has the whole of it.
    stream: AnswerStream | None = None


class InvokeStatus(Enum):
    """How an invoke ended."""

    ANSWERED = "answered"  #: The handler returned; payload is its result.
    ERROR = "error"  #: The runtime reported a function error; payload is its document.
    EXITED = "exited"
    KILLED = "killed"
    OUT_OF_MEMORY = "out_of_memory"
    TIMED_OUT = "timed_out"
    TOO_LARGE = "too_large"  #: The answer exceeded the limit; the environment lives.
    FAULT = "fault"  #: An extension failed; error_type and payload (a sentence) say how.


class InvokeOutcome(msgspec.Struct, frozen=True):
    """What came of an invoke. The environment lives on after ANSWERED, ERROR and TOO_LARGE only."""

    status: InvokeStatus
    duration_ns: int
    payload: bytes = b""
    exit_status: int = 0
    signal: int = 0
    memory_peak_mb: int = 0  #: Peak of the environment since its start, rounded up.
    error_type: str = ""  #: For ERROR and FAULT: the error's type, for logs.

    @property
    def environment_lives(self) -> bool:
        """Whether the environment can take another invoke."""
        return self.status in (InvokeStatus.ANSWERED, InvokeStatus.ERROR, InvokeStatus.TOO_LARGE)


#: Takes what an environment wrote to stdout and stderr, as whole lines (each ends in a newline)
#: where possible, those of one event joined as `base/logtext.py` says; called on the event loop, in
#: order. Everything written before an outcome is delivered before that outcome.
LogTaker = Callable[[bytes], None]


class Environment(Protocol):
    """A started environment: one process tree in its sandbox, one invoke at a time."""

    environment_id: str
    init: InitOutcome
    #: Completed when the process is gone, for whatever reason.
    exited: "asyncio.Future[None]"

    async def invoke(self, invocation: Invocation) -> InvokeOutcome:
        """Run one event; thaws first if frozen. After a time-out the whole tree is killed."""
        ...

    def freeze(self) -> None:
        """Stop all its processes until the next invoke; does nothing if it is gone."""
        ...

    async def kill(self) -> None:
        """Kill the whole tree and wait until it is gone; nothing is kept of it.

        Needed for one that has ended in an invoke, too: what was in its /tmp is kept until then, or
        until another takes its place.
        """
        ...


class Sandbox(Protocol):
    """Makes execution environments."""

    #: "process", "restricted", "namespace" or "strict": what probing found on this machine.
    level: str

    def runtimes(self) -> list[RuntimeFound]:
        """Return the interpreters found, newest version last."""
        ...

    async def start(self, spec: EnvironmentSpec, take_log: LogTaker) -> Environment:
        """Start an environment and run its init phase.

        With the id of one that has ended in an invoke, it takes that one's place, and has what is
        in its /tmp, unless its code has changed.

        Returns an environment whatever the init phase came to: look at `init`.

        Raises:
            CodeUnusable: The archive cannot be unpacked (not a zip, escapes its folder, too big).
            SandboxUnavailable: No interpreter serves the runtime, or the machine refuses (limits).
        """
        ...

    async def prepare_template(self, spec: EnvironmentSpec, take_log: LogTaker) -> InitOutcome:
        """Run the init phase of `spec` once, and keep what came of it as `spec.template`.

        `start` with the same template then gives environments that begin behind the init phase;
        where the template is not there (after a restart), `start` makes it again first. A template
        that is there already is made anew.

        Raises:
            CodeUnusable, SandboxUnavailable: As `start`.
        """
        ...

    def keep_code(self, code: CodeInUse) -> None:
        """Let go of all that lies unpacked, but for this and what living environments run on.

        It is unpacked again when it is asked for again.
        """
        ...

    async def drop_template(self, template: str) -> None:
        """Let go of a template, if it is there; environments that came from it live on."""
        ...

    async def close(self) -> None:
        """Kill every environment and zygote; nothing is left alive afterwards."""
        ...


class CodeUnusable(Exception):
    """The code archive cannot be used; the text says why in one sentence."""


class SandboxUnavailable(Exception):
    """No environment could be started; the text says why in one sentence."""
