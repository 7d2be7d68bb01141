"""What a zygote is told about a new environment, as `child/environment.py` reads it."""

from collections.abc import Sequence
from typing import Any

from headrace.ports.sandbox import EnvironmentSpec
from headrace.sandbox import limits
from headrace.sandbox.interpreters import Interpreter
from headrace.sandbox.levels import PROGRAMS, Posture
from headrace.sandbox.supplies import Supply
from headrace.sandbox.variables import LAMBDA_PLACES, compose_variables, needs_own_interpreter

_MEGABYTE = 1_048_576
_LIBRARIES = f"{LAMBDA_PLACES.runtime}/lib"
#: What may be read at level `restricted` beside the function's own folders.
_SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc", "/dev", "/proc")


def compose_order(
    spec: EnvironmentSpec,
    supply: Supply,
    posture: Posture,
    interpreter: Interpreter,
    *,
    libraries: Sequence[str],
    forks: bool,
) -> dict[str, Any]:
    """Return the order for one environment.

    Args:
        libraries: The shared libraries' real folders.
        forks: Whether the zygote's own interpreter may be used instead of a new one.
    """
    places = supply.places
    readable = [*_SYSTEM, interpreter.prefix, PROGRAMS, places.task, *libraries]
    writable = [places.scratch, "/dev/null"]
    if posture.namespaces:
        # The root holds nothing else than what may be read.
        readable, writable = ["/"], [places.scratch, "/dev", "/proc"]
        libraries = [f"{_LIBRARIES}/{number}" for number in range(len(libraries))]
    return {
        "start": spec.environment_id,
        "code": spec.code_digest,
        "user": supply.user,
        "scratch": supply.scratch,
        "ephemeral_storage_mb": spec.ephemeral_storage_mb,
        "data_bytes_max": 0 if supply.group is not None else spec.memory_mb * _MEGABYTE,
        "process_count_max": limits.PROCESS_COUNT_MAX,
        # The kernel counts processes by user: those of others do not count against this one.
        "counts_apart": bool(supply.user) or posture.user_namespace,
        "readable": readable,
        "writable": writable,
        "exec": not forks or needs_own_interpreter(spec.variables),
        "variables": compose_variables(spec, places),
        "paths": {"task": places.task, "layers": places.layers, "libraries": list(libraries)},
    }
