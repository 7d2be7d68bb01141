"""A function's settings between AWS's members and ours; what this server does not serve yet."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from headrace.api.operation import Answer, Parameters
from headrace.core.functions.errors import InvalidParameterValue
from headrace.core.functions.function import FunctionView
from headrace.core.functions.instants import format_modified
from headrace.core.functions.names import runtime_version_arn
from headrace.core.functions.settings import ImageConfig, Logging, Settings, Vpc

_REASON = "The function is being created."
_REASON_CODE = "Creating"

#: Hexadecimal digits of a network's id.
VPC_ID_DIGITS = 17

#: Members that this server cannot honour yet; empty values of them are harmless and accepted.
_UNSERVED = (
    "PublishTo",
    "FileSystemConfigs",
    "CodeSigningConfigArn",
    "TenancyConfig",
    "CapacityProviderConfig",
    "DurableConfig",
    "RuntimeConfig",
    "AcceleratorConfig",
    "SourceKMSKeyArn",
)


def refuse_unserved(parameters: Parameters) -> None:
    """Refuse what would otherwise be taken and then ignored.

    Raises:
        InvalidParameterValue: A member asks for something that this server does not do yet.
    """
    for name in _UNSERVED:
        if _says_something(parameters.get(name)):
            raise InvalidParameterValue(f"This server does not serve {name} yet.")


def _says_something(value: Any) -> bool:
    """Tell whether a value asks for anything: `{"SubnetIds": []}` does not."""
    if isinstance(value, Mapping):
        return any(_says_something(item) for item in value.values())
    return bool(value)


def new_settings(parameters: Parameters, name: str, architectures: tuple[str, ...]) -> Settings:
    """Return the settings of a function to be created, with AWS's defaults."""
    defaults = Settings(
        runtime="",
        handler="",
        role="",
        logging=Logging(group=f"/aws/lambda/{name}"),
        architecture=architectures[0],
    )
    settings = changed_settings(parameters, defaults)
    changes: dict[str, Any] = {"package_type": parameters.get("PackageType", "Zip")}
    if parameters.get("Architectures"):
        changes["architecture"] = parameters["Architectures"][0]
    return msgspec.structs.replace(settings, **changes)


def changed_settings(parameters: Parameters, settings: Settings) -> Settings:
    """Return the settings after an update: absent members stay, present ones replace.

    Source: spec/lambda.md 1.9, L-C4, L-A24.
    """
    changes: dict[str, Any] = {
        ours: parameters[theirs] for theirs, ours in _PLAIN if theirs in parameters
    }
    if "Environment" in parameters:
        changes["variables"] = dict(parameters["Environment"].get("Variables") or {})
    for member, inner, ours in _NESTED:
        value = parameters.get(member, {}).get(inner)
        if value is not None:
            changes[ours] = value
    if "ImageConfig" in parameters:
        changes["image_config"] = _image_config(parameters["ImageConfig"])
    if "VpcConfig" in parameters:
        changes["vpc"] = _vpc(parameters["VpcConfig"], settings.vpc)
    if "LoggingConfig" in parameters:
        changes["logging"] = _logging(parameters["LoggingConfig"], settings.logging)
    return msgspec.structs.replace(settings, **changes)


#: AWS's member, our field.
_PLAIN = (
    ("Runtime", "runtime"),
    ("Handler", "handler"),
    ("Role", "role"),
    ("Description", "description"),
    ("Timeout", "timeout_s"),
    ("MemorySize", "memory_mb"),
    ("KMSKeyArn", "kms_key_arn"),
)

#: AWS's member, the one inside it that counts, our field. An empty structure changes nothing.
_NESTED = (
    ("EphemeralStorage", "Size", "ephemeral_storage_mb"),
    ("TracingConfig", "Mode", "tracing_mode"),
    ("DeadLetterConfig", "TargetArn", "dead_letter_arn"),
    ("SnapStart", "ApplyOn", "snap_start"),
)


def _vpc(given: Parameters, vpc: Vpc | None) -> Vpc | None:
    """Merge a VpcConfig list by list; empty lists leave the network, if there was one (C9)."""
    before = vpc or Vpc()
    after = Vpc(
        tuple(given.get("SubnetIds", before.subnets)),
        tuple(given.get("SecurityGroupIds", before.security_groups)),
        given.get("Ipv6AllowedForDualStack", before.has_ipv6),
    )
    if after.subnets or after.security_groups:
        return after
    return vpc and Vpc()


def _image_config(given: Parameters) -> ImageConfig | None:
    """Return an ImageConfig as a whole; an empty one is none (L-C4)."""
    if not given:
        return None
    entry_point, command = given.get("EntryPoint"), given.get("Command")
    return ImageConfig(
        entry_point=None if entry_point is None else tuple(entry_point),
        command=None if command is None else tuple(command),
        working_directory=given.get("WorkingDirectory"),
    )


def asked_layers(parameters: Parameters) -> tuple[str, ...] | None:
    """Return the ARNs of the layers that a function is to have; None: those that it has."""
    return tuple(parameters["Layers"]) if "Layers" in parameters else None


def _logging(given: Parameters, logging: Logging) -> Logging:
    """Merge a LoggingConfig member by member; JSON has levels, Text has none."""
    form = given.get("LogFormat", logging.format)
    application = given.get("ApplicationLogLevel", "")
    system = given.get("SystemLogLevel", "")
    if form == "JSON":
        application = application or logging.application_level or "INFO"
        system = system or logging.system_level or "INFO"
    return Logging(given.get("LogGroup", logging.group), form, application, system)


def configuration(view: FunctionView, qualifier: str | None = None) -> Answer:
    """Return AWS's FunctionConfiguration; the ARN ends in the caller's qualifier, if any."""
    answer = listed(view)
    if qualifier is not None:
        answer["FunctionArn"] = f"{view.arn}:{qualifier}"
    if view.settings.package_type == "Zip":
        answer["RuntimeVersionConfig"] = {
            "RuntimeVersionArn": runtime_version_arn(view.region, view.settings.runtime)
        }
    answer["State"] = view.state
    if view.state == "Pending":
        answer["StateReason"] = _REASON
        answer["StateReasonCode"] = _REASON_CODE
        return answer
    if view.state == "Failed":
        answer["StateReason"] = view.failure
        answer["StateReasonCode"] = view.failure_code
        return answer
    answer["LastUpdateStatus"] = view.last_update_status
    if view.last_update_status == "InProgress":
        answer["LastUpdateStatusReason"] = _REASON
        answer["LastUpdateStatusReasonCode"] = _REASON_CODE
    return answer


def listed(view: FunctionView, *, qualified: bool = False) -> Answer:
    """Return a FunctionConfiguration as lists show it: without states and runtime version."""
    settings = view.settings
    optimization = "On" if view.is_optimized else "Off"
    answer: Answer = {
        "FunctionName": view.name,
        "FunctionArn": f"{view.arn}:{view.version}" if qualified else view.arn,
        "Runtime": settings.runtime,
        "Role": settings.role,
        "Handler": settings.handler,
        "CodeSize": view.code.size_bytes,
        "Description": settings.description,
        "Timeout": settings.timeout_s,
        "MemorySize": settings.memory_mb,
        "LastModified": format_modified(view.changed_at),
        "CodeSha256": view.code.code_sha256,
        "Version": view.version,
        "TracingConfig": {"Mode": settings.tracing_mode},
        "RevisionId": view.revision_id,
        "PackageType": settings.package_type,
        "Architectures": [settings.architecture],
        "EphemeralStorage": {"Size": settings.ephemeral_storage_mb},
        "SnapStart": {"ApplyOn": settings.snap_start, "OptimizationStatus": optimization},
        "LoggingConfig": _logging_answer(settings.logging),
    }
    if settings.package_type == "Image":
        del answer["Runtime"], answer["Handler"]
    if settings.image_config is not None:
        config = _image_config_answer(settings.image_config)
        answer["ImageConfigResponse"] = {"ImageConfig": config}
    if settings.variables is not None:
        answer["Environment"] = {"Variables": settings.variables}
    if settings.layers:
        answer["Layers"] = [{"Arn": one.arn, "CodeSize": one.size_bytes} for one in settings.layers]
    if settings.dead_letter_arn:
        answer["DeadLetterConfig"] = {"TargetArn": settings.dead_letter_arn}
    if settings.vpc is not None:
        answer["VpcConfig"] = _vpc_answer(settings.vpc, view)
    if settings.kms_key_arn:
        answer["KMSKeyArn"] = settings.kms_key_arn
    return answer


def _image_config_answer(config: ImageConfig) -> Answer:
    answer: Answer = {}
    if config.entry_point is not None:
        answer["EntryPoint"] = list(config.entry_point)
    if config.command is not None:
        answer["Command"] = list(config.command)
    if config.working_directory is not None:
        answer["WorkingDirectory"] = config.working_directory
    return answer


def _logging_answer(logging: Logging) -> Answer:
    answer = {"LogFormat": logging.format, "LogGroup": logging.group}
    if logging.format == "JSON":
        answer["ApplicationLogLevel"] = logging.application_level
        answer["SystemLogLevel"] = logging.system_level
    return answer


def _vpc_answer(vpc: Vpc, view: FunctionView) -> Answer:
    """Return a VpcConfigResponse: an account has one network in each region, as far as is known."""
    known = hashlib.sha256(f"{view.account}:{view.region}".encode()).hexdigest()[:VPC_ID_DIGITS]
    return {
        "SubnetIds": list(vpc.subnets),
        "SecurityGroupIds": list(vpc.security_groups),
        "VpcId": f"vpc-{known}" if vpc.subnets else "",
        "Ipv6AllowedForDualStack": vpc.has_ipv6,
    }
