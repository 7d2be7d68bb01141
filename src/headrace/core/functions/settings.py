"""What a version of a function is made of: its settings and its code."""

import base64

import msgspec

from headrace.core.functions import limits

#: What a function may reach: what this machine can, or nothing but itself; ours.
NETWORKS = ("host", "none")
#: The variable by which a function says it. It is a part of its version, and every tool of AWS's
#: can set it; on AWS it does nothing.
NETWORK_VARIABLE = "HEADRACE_NETWORK"


class Logging(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Where and how log lines are written."""

    group: str
    format: str = "Text"  #: "Text" or "JSON".
    application_level: str = ""  #: Empty for Text.
    system_level: str = ""


class ImageConfig(msgspec.Struct, frozen=True, array_like=True):
    """What a function says in the place of its container image; None where the image counts."""

    entry_point: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    working_directory: str | None = None


class Image(msgspec.Struct, frozen=True, array_like=True):
    """A container image as it was found when a function's code was set.

    New fields go to the end with a default, so that old bytes still decode.
    """

    uri: str  #: As the caller gave it.
    resolved_uri: str  #: The same with the digest instead of a tag.
    architecture: str  #: In AWS's words; empty where the image does not say.
    entry_point: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    working_directory: str = ""
    variables: dict[str, str] = {}


class Vpc(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A network of AWS's that a function was to be in: kept and shown; here it has no effect.

    Without subnets it is the trace of a network that the function has left (spec/lambda.md C9).
    """

    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    has_ipv6: bool = False


class LayerUse(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A layer version as a function has it: with its content, which may outlive the version."""

    arn: str  #: As the caller gave it.
    digest: str  #: SHA-256 of its archive, in lower-case hex.
    size_bytes: int
    unzipped_bytes: int


class Settings(msgspec.Struct, frozen=True, array_like=True):
    """Everything that UpdateFunctionConfiguration can change; kept in records and snapshots.

    New fields go to the end with a default, so that old bytes still decode.
    """

    runtime: str
    handler: str
    role: str
    logging: Logging
    description: str = ""
    timeout_s: int = limits.TIMEOUT_S_DEFAULT
    memory_mb: int = limits.MEMORY_MB_DEFAULT
    ephemeral_storage_mb: int = limits.EPHEMERAL_STORAGE_MB_DEFAULT
    #: In the order in which they came; None when the caller never spoke of variables.
    variables: dict[str, str] | None = None
    architecture: str = "x86_64"
    tracing_mode: str = "PassThrough"
    dead_letter_arn: str = ""
    kms_key_arn: str = ""
    snap_start: str = "None"  #: "None" or "PublishedVersions".
    layers: tuple[LayerUse, ...] = ()  #: In the order in which they are merged.
    package_type: str = "Zip"  #: "Zip" or "Image", for ever.
    image_config: ImageConfig | None = None
    vpc: Vpc | None = None  #: None when it never was in one.


class Code(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A zip archive that lies among the blobs, a folder on this machine, or a container image.

    The digest of a folder is that of its path: what it holds may change at any time.
    """

    digest: str  #: SHA-256 in lower-case hex; empty while only the settings are being checked.
    size_bytes: int
    unzipped_bytes: int = 0  #: Of its files together; 0 where it was stored without being counted.
    folder: str = ""  #: Absolute path; empty for an archive.
    image: Image | None = None

    @property
    def is_archive(self) -> bool:
        """Whether it lies among the blobs."""
        return not self.folder and self.image is None

    @property
    def code_sha256(self) -> str:
        """The digest as CodeSha256 shows it: base64 with its padding, for images hex (1.7)."""
        if self.image is not None:
            return self.digest
        return base64.b64encode(bytes.fromhex(self.digest)).decode()


class Deployment(msgspec.Struct, frozen=True):
    """One version of a function as it serves invokes: what an environment is made for."""

    function: int
    generation: int  #: Counts the function's updates; environments never outlive one.
    account: str
    region: str
    name: str
    version: str  #: "$LATEST" or digits.
    seed: bytes  #: Of the function: ids of environments derive from it.
    settings: Settings
    code: Code
    #: Whether environments come from a template whose init phase is over (SnapStart).
    has_template: bool = False

    @property
    def template(self) -> str:
        """The name of its template."""
        return template_name(self.function, self.version)


def template_name(function: int, version: str) -> str:
    """Return the name of a version's template; no other version ever has it."""
    return f"{function}-{version}"
