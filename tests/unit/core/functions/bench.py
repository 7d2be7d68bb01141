"""A room of functions under a hand-moved clock: ask, look at effects, play the shell's part."""

from headrace.base.errors import ServiceError
from headrace.base.instant import Instant
from headrace.core.functions.commands import (
    CreateFunction,
    EnvironmentStarted,
    GetFunction,
    Invoke,
    InvokeEnded,
    UpdateFunctionCode,
    UpdateFunctionConfiguration,
)
from headrace.core.functions.effects import (
    RunInvoke,
    StartEnvironment,
    StopEnvironment,
    WriteLog,
)
from headrace.core.functions.functions import Functions
from headrace.core.functions.names import FunctionReference
from headrace.core.functions.outcomes import Ending
from headrace.core.functions.runtimes import Interpreter
from headrace.core.functions.settings import Code, Deployment, Logging, Settings
from headrace.core.machine import Numbers, Remember, Reply

ACCOUNT = "123456789012"
REGION = "eu-central-1"
NAME = "resize"
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{NAME}"
SEED = bytes(range(16))
EPOCH = Instant(1_795_000_000_000)  # 2026-11-18T07:06:40Z
PYTHON = Interpreter("python3.11", "3.11.7", "/usr/bin/python3.11")
REQUEST_ID = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
CODE = Code("ab" * 32, 276)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"


def settings_with(**changes):
    """Return good settings."""
    values = {
        "runtime": "python3.11",
        "handler": "app.handler",
        "role": ROLE,
        "logging": Logging(f"/aws/lambda/{NAME}"),
    }
    return Settings(**(values | changes))


def reference(name=NAME, qualifier=None, account=ACCOUNT, region=REGION):
    """Return a reference to a function."""
    return FunctionReference(account, region, name, qualifier)


def deployment_with(**changes):
    """Return what serves the function's invokes."""
    values = {
        "function": 16,
        "generation": 0,
        "account": ACCOUNT,
        "region": REGION,
        "name": NAME,
        "version": "$LATEST",
        "seed": SEED,
        "settings": settings_with(),
        "code": CODE,
    }
    return Deployment(**(values | changes))


def creation(name=NAME, **changes):
    """Return a command to create a function."""
    settings = settings_with(logging=Logging(f"/aws/lambda/{name}"), **changes)
    return CreateFunction(reference(name), settings, CODE, {}, SEED)


def invoke(name=NAME, qualifier=None, **changes):
    """Return a command to invoke a function."""
    values = {"payload": b"{}", "request_id": REQUEST_ID}
    return Invoke(reference(name, qualifier), **(values | changes))


class Bench:
    """A room, its time, and what it has asked for."""

    def __init__(self, room=None, **options):
        self.room = room or Functions(Numbers(), interpreters=[PYTHON], **options)
        self.now = EPOCH
        self.ticket = 0
        self.replies = {}
        self.records = []
        self.log = b""
        self.effects = []

    def ask(self, command):
        """Apply a command; return the reply, a refusal, or None while it waits."""
        self.ticket += 1
        ticket = self.ticket
        try:
            self.take(self.room.apply(command, self.now, ticket))
        except ServiceError as refusal:
            return refusal
        return self.replies.get(ticket)

    def take(self, effects):
        """Remember effects; those of the last step are in `effects`."""
        self.effects = effects
        for effect in effects:
            if isinstance(effect, Reply):
                assert effect.ticket not in self.replies, "a ticket is answered twice"
                self.replies[effect.ticket] = effect.value
            elif isinstance(effect, Remember):
                self.records.append(effect.record)
            elif isinstance(effect, WriteLog):
                self.log += effect.text

    def sleep(self, wait_ms):
        """Let time pass."""
        self.now = Instant(self.now + wait_ms)
        self.take(self.room.wake(self.now, 1_000_000))

    def of(self, kind):
        """Return the effects of a kind that the last step brought."""
        return [effect for effect in self.effects if isinstance(effect, kind)]

    def send(self, **changes):
        """Invoke; return the ticket."""
        assert self.ask(invoke(**changes)) is None
        return self.ticket

    def started(self, ending=Ending.OK, environment=None, **changes):
        """Say how the environment asked for last has started."""
        id = environment or self.of(StartEnvironment)[-1].environment
        self.ask(EnvironmentStarted(id, ending, **changes))
        return id

    def ended(self, ending=Ending.ANSWERED, environment=None, **changes):
        """Say how the invoke asked for last has ended."""
        id = environment or self.of(RunInvoke)[-1].environment
        self.ask(InvokeEnded(id, ending, **changes))
        return id

    def warm(self, **changes):
        """Run one invoke to its end; return the environment."""
        self.send(**changes)
        if self.of(StartEnvironment):
            self.started(duration_us=110_100)
        return self.ended(duration_us=3_010, payload=b"null", memory_peak_mb=36)

    def stopped(self):
        """Return the environments that the last step stops."""
        return [effect.environment for effect in self.of(StopEnvironment)]

    def show(self, name=NAME, qualifier=None):
        """Return what GetFunction shows."""
        return self.ask(GetFunction(reference(name, qualifier)))

    def update_code(self, **changes):
        """Replace the code."""
        values = {"code": Code("cd" * 32, 300), "seed": bytes(16)}
        return self.ask(UpdateFunctionCode(reference(), **(values | changes)))

    def update_settings(self, revision_id=None, **changes):
        """Replace the settings."""
        command = UpdateFunctionConfiguration(
            reference(), settings_with(**changes), bytes(16), revision_id
        )
        return self.ask(command)


def bench_with_function(**options):
    """Return a bench with one function."""
    bench = Bench(**options)
    bench.ask(creation())
    return bench
