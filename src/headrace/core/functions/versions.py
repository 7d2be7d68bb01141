"""Rules: publish versions and list them; what a version with SnapStart waits for.

Source: spec/lambda.md 1.11, 1.22, 13.4.
"""

from headrace.core.functions import platformlog
from headrace.core.functions.changes import check_update
from headrace.core.functions.commands import ListVersions, PublishVersion, TemplatePrepared
from headrace.core.functions.decision import Decision, Scene
from headrace.core.functions.errors import InvalidParameterValue
from headrace.core.functions.function import (
    TEMPLATE_FAILED,
    TEMPLATE_IN_WORK,
    Function,
    FunctionView,
    Version,
    deployment,
    is_settled,
    view,
)
from headrace.core.functions.names import check_function_only
from headrace.core.functions.outcomes import Ending
from headrace.core.functions.records import VersionPrepared, VersionPublished
from headrace.core.functions.replay import changed
from headrace.core.functions.replies import Done, FunctionShown, FunctionsListed
from headrace.core.functions.starts import write_log

_INIT_ERROR = "FunctionError.RuntimeInitError"

#: StateReason and StateReasonCode of a version whose init phase came to a limit.
_FAILURES = {
    Ending.TIMED_OUT: ("The function's init phase took too long.", "FunctionError.InitTimeout"),
    Ending.OUT_OF_MEMORY: (
        "The function's init phase took more memory than the function has.",
        "FunctionError.InitResourceExhausted",
    ),
}


def publish(command: PublishVersion, scene: Scene) -> Decision:
    """Make the next version of $LATEST.

    When no update was asked for since the last one was made, that one is shown again and nothing
    changes (V2, L-A28), unless it failed.
    """
    number, function = check_update(
        command.reference, command.revision_id, scene.directory, scene.now
    )
    latest = function.latest
    current = latest.code.code_sha256
    if command.code_sha256 not in {None, current}:
        raise InvalidParameterValue(
            f"CodeSHA256 ({command.code_sha256}) is different from current CodeSHA256 in $LATEST "
            f"({current}). Please try again with the CodeSHA256 in $LATEST."
        )
    if function.published is not None:
        name, generation = function.published
        last = function.versions.get(name)
        is_good = last is not None and last.template != TEMPLATE_FAILED
        if last is not None and is_good and generation == latest.generation:
            return Decision(FunctionShown(seen_now(number, function, last, scene), name))
    record = publishing(number, function, command.seed, command.description, scene, ready=True)
    name = str(function.next_version)
    after = changed(function, record)
    return Decision(
        FunctionShown(seen_now(number, after, after.versions[name], scene), name), [record]
    )


def publishing(
    number: int,
    function: Function,
    seed: bytes,
    description: str | None,
    scene: Scene,
    *,
    ready: bool = False,
) -> VersionPublished:
    """Return the fact that the next version is made of $LATEST.

    Args:
        ready: Whether it shows itself as Active at once: it does when $LATEST was ready before.
            With SnapStart it is Pending until its template is ready, whatever this says.
    """
    settings = function.latest.settings
    return VersionPublished(
        machine=number,
        at=scene.now,
        seed=seed,
        description=settings.description if description is None else description,
        preparation_ms=0 if ready else scene.preparation_ms,
        has_template=settings.snap_start == "PublishedVersions",
    )


def list_versions(command: ListVersions, scene: Scene) -> Decision:
    """Show $LATEST, then 1, 2, and so on: deploy tools take the last for the newest (1.24)."""
    check_function_only(command.reference)
    number, function = scene.directory.find_function(command.reference)
    behind = function.ordered_versions(command.after)
    views = [seen_now(number, function, one, scene) for one in behind[: command.at_most]]
    return Decision(FunctionsListed(tuple(views), len(behind) > command.at_most))


def prepared(end: TemplatePrepared, scene: Scene) -> Decision:
    """Take note of how the init phase of a version with SnapStart ended.

    The version may have been deleted meanwhile; then nothing is left to be said.
    """
    function = scene.directory.functions.get(end.function)
    version = None if function is None else function.versions.get(end.version)
    if function is None or version is None or version.template != TEMPLATE_IN_WORK:
        return Decision(Done())
    failure, code = ("", "") if end.ending is Ending.OK else _failure(end)
    record = VersionPrepared(end.function, scene.now, end.version, failure, code)
    made_for = deployment(end.function, function, version, scene.now)
    told = platformlog.template_end(made_for, scene.now, end)
    return Decision(Done(), [record], write_log(made_for, end.log_stream, told))


def _failure(end: TemplatePrepared) -> tuple[str, str]:
    """Return StateReason and StateReasonCode of a version whose init phase failed."""
    known = _FAILURES.get(end.ending)
    if known is not None:
        return known
    text = end.payload.decode(errors="replace")
    if end.ending is Ending.UNUSABLE:
        return text, "InvalidZipFileException"
    if end.ending is Ending.REFUSED:
        return text, "InternalError"
    return f"The function's init phase failed: {text or 'its process ended.'}", _INIT_ERROR


def seen_now(number: int, function: Function, version: Version, scene: Scene) -> FunctionView:
    """Return a version as others see it at this instant."""
    return view(number, function, version, settled=is_settled(version, scene.now))
