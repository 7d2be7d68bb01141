"""The process environment of a function, as on Lambda (spec/lambda.md 3.4, 13.14)."""

from collections.abc import Mapping

from headrace.sandbox.languages.language import Language, Launch

#: Where X-Ray's daemon is, if somebody runs one; on AWS it is beside the environment.
_XRAY_HOST, _XRAY_PORT = "127.0.0.1", "2000"

_NOT_FOR_EXTENSIONS = frozenset(
    {
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_XRAY_CONTEXT_MISSING",
    }
)


def compose_variables(launch: Launch, language: Language, api_address: str) -> dict[str, str]:
    """Return the whole process environment; what the spec brings stands over what we add.

    Args:
        api_address: Where the Runtime API is, host and port; empty where it is not spoken.
    """
    if launch.spec.image is None:
        variables = common_variables(launch) | language.variables(launch)
    else:
        variables = language.variables(launch) | image_variables(launch)
    variables |= launch.spec.variables
    if api_address:
        variables["AWS_LAMBDA_RUNTIME_API"] = api_address
    return variables


def image_variables(launch: Launch) -> dict[str, str]:
    """Return the variables that a container image has beside its own: those of Lambda alone."""
    common = common_variables(launch)
    lambdas = {name: value for name, value in common.items() if name.startswith("AWS_")}
    return lambdas | {"AWS_EXECUTION_ENV": "AWS_Lambda_Image", "TZ": common["TZ"]}


def extension_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """Return what of a function's variables its extensions have (spec/lambda.md 3.4)."""
    return {
        name: value
        for name, value in variables.items()
        if not name.startswith("_") and name not in _NOT_FOR_EXTENSIONS
    }


def common_variables(launch: Launch) -> dict[str, str]:
    """Return the variables that every runtime has."""
    spec, places = launch.spec, launch.places
    variables = {
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": spec.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": spec.function_version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": spec.initialization_type,
        "AWS_LAMBDA_LOG_GROUP_NAME": spec.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": spec.log_stream,
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": f"{_XRAY_HOST}:{_XRAY_PORT}",
        "LAMBDA_RUNTIME_DIR": places.runtime,
        "LAMBDA_TASK_ROOT": places.task,
        "LANG": "en_US.UTF-8",
        "LD_LIBRARY_PATH": places.library_path,
        "PATH": places.path,
        "TZ": ":UTC",
        "_AWS_XRAY_DAEMON_ADDRESS": _XRAY_HOST,
        "_AWS_XRAY_DAEMON_PORT": _XRAY_PORT,
        "_HANDLER": spec.handler,
    }
    if spec.initialization_type == "snap-start":
        # What was there before the snapshot has no stream of its own yet.
        del variables["AWS_LAMBDA_LOG_GROUP_NAME"], variables["AWS_LAMBDA_LOG_STREAM_NAME"]
    if not places.is_lambda:
        # A user id of its own has no home there, and the home of the server's user is not its.
        variables |= {"HOME": places.scratch, "TMPDIR": places.scratch}
    return variables
