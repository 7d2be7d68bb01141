"""Check a function's settings beyond what the service model says, in AWS's words and order.

Source: spec/lambda.md 1.4, 1.5, 13.3.
"""

import json
import re
from collections.abc import Mapping, Sequence

from headrace.core.functions import limits
from headrace.core.functions.errors import (
    InvalidParameterValue,
    constraint_violated,
    value_out_of_bounds,
)
from headrace.core.functions.runtimes import Interpreter, check_images, check_runtime
from headrace.core.functions.settings import NETWORK_VARIABLE, NETWORKS, Logging, Settings

#: Names that a function's variables may not have (spec/lambda.md 1.5).
RESERVED_VARIABLES = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
        "AWS_LAMBDA_MAX_CONCURRENCY",
    }
)

#: Language, major and minor version of a runtime.
_LANGUAGE = re.compile(r"([a-z]+)(\d+)(?:\.(\d+))?")

#: The first version of each language that has SnapStart (spec/lambda.md 1.22).
_SNAP_START_FROM = {"java": (11, 0), "python": (3, 12), "dotnet": (8, 0)}

_VARIABLES_REFUSED = (
    "Lambda was unable to configure your environment variables because the environment variables "
    "you have provided "
)


def check_settings(
    settings: Settings,
    interpreters: Sequence[Interpreter],
    architectures: Sequence[str],
    *,
    exact: bool = False,
) -> None:
    """Refuse settings that AWS refuses or that this machine cannot honour.

    Args:
        exact: Whether a runtime needs an interpreter of its own version.

    Raises:
        ConstraintViolated: Numbers beyond their bounds, all in one sentence.
        InvalidParameterValue: The first of the other faults.
    """
    _check_numbers(settings)
    if settings.package_type == "Image":
        _check_image_settings(settings)
        check_images(interpreters)
    else:
        _check_zip_settings(settings)
        check_runtime(settings.runtime, interpreters, exact=exact)
    if settings.architecture not in architectures:
        raise InvalidParameterValue(
            f"This server cannot run functions for {settings.architecture}: its machine is "
            f"{', '.join(architectures)}."
        )
    _check_snap_start(settings)
    _check_variables(settings.variables or {})
    _check_logging(settings.logging)


def check_tags(tags: Mapping[str, str]) -> None:
    """Refuse more tags than a function may have.

    Raises:
        InvalidParameterValue: There are more than 50.
    """
    if len(tags) > limits.TAGS_MAX:
        raise InvalidParameterValue("Number of tags exceeds resource tag limit.")


def _check_zip_settings(settings: Settings) -> None:
    if settings.image_config is not None:
        raise InvalidParameterValue(
            "Please don't provide ImageConfig when the intended function PackageType is Zip."
        )
    if not settings.runtime or not settings.handler:
        raise InvalidParameterValue(
            "Runtime and Handler are mandatory parameters for functions created with deployment "
            "packages."
        )


def _check_image_settings(settings: Settings) -> None:
    if settings.runtime or settings.handler:
        raise InvalidParameterValue(
            "Please don't provide Handler or Runtime or Layer when the intended function "
            "PackageType is Image."
        )
    if settings.snap_start == "PublishedVersions":
        raise InvalidParameterValue(
            "Container images are not supported for SnapStart enabled functions."
        )


def _check_numbers(settings: Settings) -> None:
    bounds = (
        (settings.timeout_s, "timeout", limits.TIMEOUT_S_MIN, limits.TIMEOUT_S_MAX),
        (settings.memory_mb, "memorySize", limits.MEMORY_MB_MIN, limits.MEMORY_MB_MAX),
        (
            settings.ephemeral_storage_mb,
            "ephemeralStorage.size",
            limits.EPHEMERAL_STORAGE_MB_MIN,
            limits.EPHEMERAL_STORAGE_MB_MAX,
        ),
    )
    parts = []
    for value, field, least, greatest in bounds:
        if value < least:
            constraint = f"have value greater than or equal to {least}"
            parts.append(value_out_of_bounds(value, field, constraint))
        elif value > greatest:
            constraint = f"have value less than or equal to {greatest}"
            parts.append(value_out_of_bounds(value, field, constraint))
    if parts:
        raise constraint_violated(parts)


def _check_variables(variables: Mapping[str, str]) -> None:
    reserved = [name for name in variables if name in RESERVED_VARIABLES]
    if reserved:
        raise InvalidParameterValue(
            f"{_VARIABLES_REFUSED}contains reserved keys that are currently not supported for "
            f"modification. Reserved keys used in this request: {', '.join(reserved)}"
        )
    network = variables.get(NETWORK_VARIABLE, NETWORKS[0])
    if network not in NETWORKS:
        raise InvalidParameterValue(
            f"{_VARIABLES_REFUSED}contains {NETWORK_VARIABLE} with a value that is neither host "
            f"nor none: {network}"
        )
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > limits.ENVIRONMENT_BYTES_MAX:
        raise InvalidParameterValue(
            f"{_VARIABLES_REFUSED}exceeded the 4KB limit. String measured: {measured}"
        )


def _check_snap_start(settings: Settings) -> None:
    """Refuse SnapStart where AWS has none (spec/lambda.md 1.22)."""
    if settings.snap_start != "PublishedVersions":
        return
    match = _LANGUAGE.match(settings.runtime)
    least = _SNAP_START_FROM.get(match[1]) if match is not None else None
    if match is None or least is None or (int(match[2]), int(match[3] or 0)) < least:
        raise InvalidParameterValue(
            f"{settings.runtime} is not supported for SnapStart enabled functions."
        )
    if settings.ephemeral_storage_mb > limits.EPHEMERAL_STORAGE_MB_DEFAULT:
        raise InvalidParameterValue(
            "Ephemeral storage of more than 512 MB is not supported for SnapStart enabled "
            "functions."
        )


def _check_logging(logging: Logging) -> None:
    if logging.format == "Text" and (logging.application_level or logging.system_level):
        raise InvalidParameterValue(
            'LogLevel is not supported when LogFormat is set to "Text". Remove LogLevel from your '
            'request or change the LogFormat to "JSON" and try again.'
        )
