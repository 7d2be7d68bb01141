"""The Sandbox port of a server that runs no functions."""

from headrace.core.functions.codeuse import CodeInUse
from headrace.ports.sandbox import (
    Environment,
    EnvironmentSpec,
    InitOutcome,
    LogTaker,
    RuntimeFound,
    SandboxUnavailable,
)


class NoSandbox:
    """The Sandbox port where there is none: queues are served, functions cannot be created."""

    level = "none"

    def runtimes(self) -> list[RuntimeFound]:
        """Return nothing."""
        return []

    async def start(self, spec: EnvironmentSpec, take_log: LogTaker) -> Environment:
        """Refuse.

        Raises:
            SandboxUnavailable: Always.
        """
        raise SandboxUnavailable("This server runs no functions.")

    async def prepare_template(self, spec: EnvironmentSpec, take_log: LogTaker) -> InitOutcome:
        """Refuse.

        Raises:
            SandboxUnavailable: Always.
        """
        raise SandboxUnavailable("This server runs no functions.")

    def keep_code(self, code: CodeInUse) -> None:
        """Do nothing."""

    async def drop_template(self, template: str) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""
