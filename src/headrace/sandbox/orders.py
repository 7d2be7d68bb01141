"""What a zygote is told about a new environment, as `child/environment.py` reads it."""

from collections.abc import Sequence
from typing import Any

from headrace.ports.sandbox import EnvironmentSpec
from headrace.sandbox import limits
from headrace.sandbox.images.unpacking import image_name
from headrace.sandbox.languages.language import LAMBDA_PLACES, Interpreter, Language, Launch, Speech
from headrace.sandbox.languages.python import paths_of
from headrace.sandbox.layers import merged_name
from headrace.sandbox.levels import PROGRAMS, Posture
from headrace.sandbox.supplies import Supply
from headrace.sandbox.variables import compose_variables, extension_variables

_MEGABYTE = 1_048_576
_LIBRARIES = f"{LAMBDA_PLACES.runtime}/lib"
#: What may be read at level `restricted` beside the function's own folders.
_SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc", "/dev", "/proc")


def compose_order(
    spec: EnvironmentSpec,
    supply: Supply,
    posture: Posture,
    interpreter: Interpreter,
    language: Language,
    *,
    libraries: Sequence[str],
    forks: bool,
    api_address: str = "",
    api_port: int = 0,
    is_template: bool = False,
    leaves_temporary: bool = False,
    takes_temporary: bool = False,
) -> dict[str, Any]:
    """Return the order for one environment.

    Args:
        libraries: The shared libraries' real folders.
        forks: Whether the zygote's own interpreter may be used instead of a new one.
        api_address: Where the environment finds the Runtime API; empty: nowhere.
        api_port: Where it opens that itself, on a network of its own; 0: it does not.
        is_template: Whether it is to be a process from which environments are forked.
        leaves_temporary, takes_temporary: Whether it hands out a hold on its /tmp; is given one.
    """
    places = supply.places
    readable = [*_SYSTEM, PROGRAMS, places.task, *libraries]
    if spec.layers:
        readable.append(places.layers)
    readable += [folder for folder in (interpreter.prefix, interpreter.client) if folder]
    writable = [places.scratch, "/dev/null"]
    if posture.namespaces:
        # The root holds nothing else than what may be read.
        readable, writable = ["/"], [places.scratch, "/dev", "/proc"]
        libraries = [f"{_LIBRARIES}/{number}" for number in range(len(libraries))]
    launch = Launch(spec, interpreter, places, libraries, forks)
    variables = compose_variables(launch, language, api_address)
    return {
        "start": spec.environment_id,
        "code": spec.code_digest,
        "layers": merged_name([layer.digest for layer in spec.layers]) if spec.layers else "",
        "image": "" if spec.image is None else image_name(spec.image.digest),
        **_network(spec, api_port),
        "attended": may_have_extensions(spec),
        "is_template": is_template,
        "leaves_temporary": leaves_temporary,
        "takes_temporary": takes_temporary,
        "user": supply.user,
        "user_count": 0 if supply.users is None else supply.users.count,
        "scratch": supply.scratch,
        **_limits(spec, supply, posture, language),
        "readable": readable,
        "writable": writable,
        "language": interpreter.prefix,
        **_program(launch, language),
        "speaks_frames": language.speech is Speech.FRAMES,
        "variables": variables,
        "extension_variables": extension_variables(variables),
        "paths": paths_of(launch),
    }


def _network(spec: EnvironmentSpec, api_port: int) -> dict[str, Any]:
    """Return what it may reach, and what it hands over so that it can be reached."""
    return {
        "network": spec.network == "host",
        "api_port": api_port,
        # Beside the one that listens there: one for the listener of each extension.
        "socket_count": limits.EXTENSIONS_MAX if may_have_extensions(spec) else 0,
    }


def _limits(
    spec: EnvironmentSpec, supply: Supply, posture: Posture, language: Language
) -> dict[str, Any]:
    """Return how much of what it may use up."""
    return {
        "ephemeral_storage_mb": spec.ephemeral_storage_mb,
        "inode_count_max": spec.ephemeral_storage_mb * _MEGABYTE // limits.BYTES_PER_INODE,
        "data_bytes_max": 0 if supply.group is not None else _data_bytes_max(spec, language),
        "process_count_max": limits.PROCESS_COUNT_MAX,
        # The kernel counts processes by user: those of others do not count against this one.
        "counts_apart": bool(supply.user) or posture.user_namespace,
    }


def _data_bytes_max(spec: EnvironmentSpec, language: Language) -> int:
    """Return what each process may map for data, where nothing else limits memory."""
    return (spec.memory_mb + limits.DATA_SLACK_MB + language.idle_data_mb) * _MEGABYTE


def may_have_extensions(spec: EnvironmentSpec) -> bool:
    """Return whether there may be programs in /opt/extensions."""
    return bool(spec.layers) or spec.image is not None


def _program(launch: Launch, language: Language) -> dict[str, Any]:
    """Return what is to be executed, and where."""
    spec = launch.spec
    folder = launch.places.task if spec.image is None else spec.image.working_directory
    wrapper = spec.variables.get("AWS_LAMBDA_EXEC_WRAPPER", "") if language.obeys_wrapper else ""
    return {
        "entry_points": language.entry_points(launch),
        "arguments": language.arguments(launch),
        "wrapper": wrapper,
        "not_found": _not_found(launch, language),
        "working_directory": folder,
    }


def _not_found(launch: Launch, language: Language) -> str:
    """Return what is said when there is no program to execute, in AWS's words (2.2)."""
    image = launch.spec.image
    if image is None:
        return f"Couldn't find valid bootstrap(s): [{' '.join(language.entry_points(launch))}]"
    if not image.command:
        return "The image has neither ENTRYPOINT nor CMD, and the function's ImageConfig has none."
    if "/" in image.command[0]:
        return f"fork/exec {image.command[0]}: no such file or directory"
    return f'exec: "{image.command[0]}": executable file not found in $PATH'
