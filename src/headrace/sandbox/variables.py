"""The process environment of a function, as on Lambda (spec/lambda.md 3.4, 13.14)."""

from collections.abc import Mapping

import msgspec

from headrace.ports.sandbox import EnvironmentSpec

#: Variables that a program reads when it starts: a forked interpreter comes too late for them.
_START_ONLY = frozenset(
    {
        "AWS_LAMBDA_EXEC_WRAPPER",
        "GLIBC_TUNABLES",
        "LD_AUDIT",
        "LD_BIND_NOW",
        "LD_LIBRARY_PATH",
        "LD_PRELOAD",
        "OPENSSL_CONF",
        "PYTHONASYNCIODEBUG",
        "PYTHONCOERCECLOCALE",
        "PYTHONDEBUG",
        "PYTHONDEVMODE",
        "PYTHONFAULTHANDLER",
        "PYTHONHASHSEED",
        "PYTHONHOME",
        "PYTHONINTMAXSTRDIGITS",
        "PYTHONIOENCODING",
        "PYTHONMALLOC",
        "PYTHONMALLOCSTATS",
        "PYTHONOPTIMIZE",
        "PYTHONPLATLIBDIR",
        "PYTHONPROFILEIMPORTTIME",
        "PYTHONSAFEPATH",
        "PYTHONTRACEMALLOC",
        "PYTHONUTF8",
        "PYTHONVERBOSE",
        "PYTHONWARNINGS",
    }
)


class Places(msgspec.Struct, frozen=True):
    """Where a function finds things: Lambda's paths, or real folders below level `namespace`."""

    task: str
    runtime: str
    language: str
    layers: str
    scratch: str  #: The folder for temporary files.
    library_path: str


LAMBDA_PLACES = Places(
    task="/var/task",
    runtime="/var/runtime",
    language="/var/lang",
    layers="/opt",
    scratch="/tmp",
    library_path="/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:"
    "/var/task/lib:/opt/lib",
)


def needs_own_interpreter(variables: Mapping[str, str]) -> bool:
    """Return whether a variable is set that only a newly started interpreter can obey."""
    return any(name in _START_ONLY or name.startswith("MALLOC_") for name in variables)


def compose_variables(spec: EnvironmentSpec, places: Places) -> dict[str, str]:
    """Return the whole process environment; what the spec brings stands over what we add."""
    variables = {
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{spec.runtime}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": spec.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": spec.function_version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": spec.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": spec.log_stream,
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "LAMBDA_RUNTIME_DIR": places.runtime,
        "LAMBDA_TASK_ROOT": places.task,
        "LANG": "en_US.UTF-8",
        "LD_LIBRARY_PATH": places.library_path,
        "PATH": f"{places.language}/bin:/usr/local/bin:/usr/bin/:/bin:{places.layers}/bin",
        "PWD": places.task,
        "SHLVL": "0",
        "TZ": ":UTC",
        "_HANDLER": spec.handler,
    }
    if not _is_before_python312(spec.runtime):
        variables["LC_CTYPE"] = "C.UTF-8"
    if places is not LAMBDA_PLACES:
        variables["TMPDIR"] = places.scratch
    return variables | spec.variables


def _is_before_python312(runtime: str) -> bool:
    minor = runtime.removeprefix("python3.")
    return minor.isdigit() and int(minor) < 12
