"""What is to be done when an environment starts, or a template is made: ids, log lines, limits."""

from collections.abc import Sequence
from typing import Any

from headrace.base.instant import Instant
from headrace.core.functions import limits, loglines
from headrace.core.functions.effects import PrepareTemplate, StartEnvironment, WriteLog
from headrace.core.functions.environment import Environment, environment_id
from headrace.core.functions.runtimes import Interpreter, choose_interpreter
from headrace.core.functions.settings import Deployment

Effects = list[Any]


class Starts:
    """Counts every start, so that no two environments have the same id."""

    def __init__(self, interpreters: Sequence[Interpreter]) -> None:
        """Begin; `interpreters` are those found on this machine."""
        self._interpreters = interpreters
        self._started_ever = 0

    def environment(self, deployment: Deployment, request_id: str, now: Instant) -> Environment:
        """Return an environment that is to be started; `request_id` is of what it starts for."""
        self._started_ever += 1
        id = environment_id(deployment, now, self._started_ever, request_id)
        return Environment(id, deployment, loglines.log_stream(now, deployment.version, id))

    def effects(self, environment: Environment) -> Effects:
        """Return how an environment starts.

        On demand the init phase has 10 seconds, and inside an invoke the function's own time;
        ahead of need and from a template it has 130 seconds (spec/lambda.md 4.1).
        """
        deployment = environment.deployment
        limit_ms = deployment.settings.timeout_s * 1_000
        kind = initialization_type(environment)
        if kind != "on-demand":
            limit_ms = max(limit_ms, limits.INIT_LIMIT_AHEAD_MS)
        elif environment.execution is None:
            limit_ms = limits.INIT_LIMIT_MS
        start = StartEnvironment(environment.id, deployment, environment.stream, limit_ms, kind)
        opening = loglines.restore_start if kind == "snap-start" else loglines.init_start
        return [*self._open(deployment, environment.stream, opening), start]

    def template(self, deployment: Deployment, now: Instant) -> Effects:
        """Return how the template of a version with SnapStart is made; it serves no invokes."""
        self._started_ever += 1
        id = environment_id(deployment, now, self._started_ever, "")
        stream = loglines.log_stream(now, deployment.version, id)
        limit_ms = max(deployment.settings.timeout_s * 1_000, limits.INIT_LIMIT_AHEAD_MS)
        prepare = PrepareTemplate(id, deployment, stream, limit_ms)
        return [*self._open(deployment, stream, loglines.init_start), prepare]

    def _open(self, deployment: Deployment, stream: str, opening: Any) -> Effects:
        settings = deployment.settings
        interpreter = choose_interpreter(settings.runtime, self._interpreters)
        if interpreter is None:
            return []
        return [WriteLog(settings.logging.group, stream, opening(deployment, interpreter))]


def initialization_type(environment: Environment) -> str:
    """Return why an environment is initialized, in AWS's words (spec/lambda.md 3.4)."""
    if environment.deployment.has_template:
        return "snap-start"
    return "provisioned-concurrency" if environment.is_ahead else "on-demand"
