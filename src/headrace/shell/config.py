"""The configuration: defaults < headrace.toml < HEADRACE_* variables < flags, as one frozen value.

AWS's behaviour is not configuration; what is set here is where the server listens, where it keeps
its data, how long it waits and what it may use. `SETTINGS` is the list that flags, variables, the
file, `headrace config` and docs/configuration.md all follow.
"""

import os
import tomllib
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from headrace.core.functions.settings import NETWORKS
from headrace.shell.admission import is_loopback

#: In this file settings are looked for when none is named.
FILE_NAME = "headrace.toml"
PREFIX = "HEADRACE_"

#: Variables with our prefix that are no settings: the file's path, and what the test suite reads.
_NOT_SETTINGS = frozenset(
    {"HEADRACE_CONFIG", "HEADRACE_NO_SKIPS", "HEADRACE_CRASH_ROUNDS", "HEADRACE_CRASH_SEED"}
)

SANDBOX_LEVELS = ("process", "restricted", "namespace", "strict")
JOURNALS = ("sqlite", "memory")
LOG_LEVELS = ("debug", "info", "warning", "error")


class ConfigError(Exception):
    """A setting cannot be used; the text says which and why in one sentence."""


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """How one server is set up. Each field's meaning, unit and range stand in `SETTINGS`."""

    host: str = "127.0.0.1"
    port: int = 4566
    listen_publicly: bool = False
    allow_host: tuple[str, ...] = ()
    public_url: str = ""
    data: str = "headrace-data"
    journal: str = "sqlite"
    store: str = ""
    lease_s: int = 10
    account: str = "000000000000"
    region: str = "us-east-1"
    stop_timeout_s: int = 30
    sandbox_min: str = "process"
    sandbox_level: str = ""
    function_network: str = "host"
    runtime_fallback: str = "nearest"
    hot_reload: bool = True
    runtimes_folder: str = ""
    code_s3_url: str = ""
    maven_url: str = "https://repo.maven.apache.org/maven2"
    metrics: bool = True
    history_mb: int = 256
    history_days: int = 14
    body_cache_mb: int = 64
    connections_max: int = 4_096
    head_timeout_s: int = 10
    body_timeout_s: int = 60
    idle_timeout_s: int = 120
    write_timeout_s: int = 60
    log_level: str = "warning"


class Setting(NamedTuple):
    """One field of `Config` as people meet it."""

    name: str
    read: Callable[[Any], Any]  #: Text or a TOML value to the field's value; raises ConfigError.
    unit: str  #: What its value is, for tables: "seconds", "name", "yes or no".
    meaning: str

    @property
    def flag(self) -> str:
        """The flag of `headrace up`: hyphens, and no unit."""
        return "--" + self.name.removesuffix("_s").replace("_", "-")

    @property
    def variable(self) -> str:
        """The variable of the process environment."""
        return PREFIX + self.name.upper()


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ConfigError("must be text")
    return value


def _name(value: Any) -> str:
    if not _text(value):
        raise ConfigError("must not be empty")
    return str(value)


def _number(least: int, greatest: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, str) and value.isascii() and value.isdigit():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= greatest:
            raise ConfigError(f"must be a whole number from {least} to {greatest}")
        return value

    return read


def _yes_or_no(value: Any) -> bool:
    words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    if not isinstance(value, bool):
        raise ConfigError("must be true or false")
    return value


def _one_of(*words: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in words:
            raise ConfigError(f"must be one of {', '.join(word or 'nothing' for word in words)}")
        return str(value)

    return read


def _store(value: Any) -> str:
    text = _text(value)
    if text and not text.startswith(("postgresql://", "postgres://")):
        raise ConfigError("must begin with postgresql://")
    return text


def _names(value: Any) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
        raise ConfigError("must be a list of names")
    return tuple(part.strip() for part in parts if part.strip())


def _account(value: Any) -> str:
    if not (isinstance(value, str) and len(value) == 12 and value.isascii() and value.isdigit()):
        raise ConfigError("must be 12 digits, as text")
    return value


def _url(value: Any) -> str:
    text = _text(value).rstrip("/")
    if text and not text.startswith(("http://", "https://")):
        raise ConfigError("must begin with http:// or https://")
    return text


SETTINGS = (
    Setting("host", _name, "name or address", "Where to listen."),
    Setting("port", _number(0, 65_535), "number", "The port; 0 lets the system choose one."),
    Setting(
        "listen_publicly",
        _yes_or_no,
        "yes or no",
        "Allow a host beyond loopback. Whoever reaches the port can then read every message and "
        "run code on this machine: there is no authentication.",
    ),
    Setting(
        "allow_host",
        _names,
        "names",
        "Names beside localhost by which clients may call this server; *.example.org allows all "
        "below example.org, * every name.",
    ),
    Setting(
        "public_url",
        _url,
        "URL",
        "What queue URLs begin with; empty: what the caller used (Host, X-Forwarded-*).",
    ),
    Setting("data", _name, "folder", "Where everything is kept; made if it is missing."),
    Setting(
        "journal", _one_of(*JOURNALS), "sqlite or memory", "What keeps it; memory forgets at exit."
    ),
    Setting(
        "store",
        _store,
        "URL",
        "A PostgreSQL database that keeps journal and code instead of the folder, as "
        "postgresql://user@host/database; a second server on it is a stand-by.",
    ),
    Setting(
        "lease_s",
        _number(1, 3_600),
        "seconds",
        "How long a server that falls silent keeps its database from the stand-by.",
    ),
    Setting(
        "account", _account, "12 digits", "The account of callers whose access key is not one."
    ),
    Setting("region", _name, "name", "The region of requests that name none."),
    Setting(
        "stop_timeout_s",
        _number(0, 3_600),
        "seconds",
        "How long a stop lets functions run on before they are killed.",
    ),
    Setting(
        "sandbox_min",
        _one_of(*SANDBOX_LEVELS),
        "level",
        "The weakest sandbox to accept: process, restricted, namespace or strict.",
    ),
    Setting(
        "sandbox_level",
        _one_of("", *SANDBOX_LEVELS),
        "level",
        "The sandbox to use; empty: the strongest that this machine allows.",
    ),
    Setting(
        "function_network",
        _one_of(*NETWORKS),
        "host or none",
        "The network of functions without a variable HEADRACE_NETWORK: host, whatever this "
        "machine reaches, or none, nothing but themselves; none needs sandbox level namespace.",
    ),
    Setting(
        "runtime_fallback",
        _one_of("nearest", "refuse"),
        "nearest or refuse",
        "What serves a runtime whose version is not on this machine: the nearest version of its "
        "language, or nothing, and creating such a function is refused.",
    ),
    Setting(
        "hot_reload",
        _yes_or_no,
        "yes or no",
        "Run functions from folders of this machine (S3Bucket hot-reload) where the host is "
        "loopback: whoever may create functions can read such folders through them.",
    ),
    Setting(
        "runtimes_folder",
        _text,
        "folder",
        "Where runtimes lie that headrace runtimes --fetch has downloaded; empty: "
        "headrace/runtimes in XDG_CACHE_HOME or ~/.cache.",
    ),
    Setting(
        "code_s3_url",
        _url,
        "URL",
        "Where code comes from that is given as S3Bucket and S3Key: another S3, or what speaks its "
        "protocol, with credentials from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and "
        "AWS_SESSION_TOKEN. Empty: this server's own buckets.",
    ),
    Setting(
        "maven_url",
        _url,
        "URL",
        "Where headrace runtimes --fetch java downloads from: Maven Central or a mirror of it.",
    ),
    Setting(
        "metrics",
        _yes_or_no,
        "yes or no",
        "Serve /metrics for Prometheus.",
    ),
    Setting(
        "history_mb",
        _number(0, 1_048_576),
        "MiB",
        "Disk for what happened to messages and invokes, for headrace why; 0 keeps nothing.",
    ),
    Setting(
        "history_days",
        _number(1, 3_650),
        "days",
        "How long what happened to messages is kept.",
    ),
    Setting(
        "body_cache_mb",
        _number(1, 1_048_576),
        "MiB",
        "Memory for recent message bodies; others are read from disk.",
    ),
    Setting(
        "connections_max",
        _number(16, 1_000_000),
        "number",
        "Connections at a time; beyond, new ones are answered 503 and closed.",
    ),
    Setting(
        "head_timeout_s",
        _number(1, 3_600),
        "seconds",
        "How long a client may take to send a request's headers.",
    ),
    Setting(
        "body_timeout_s",
        _number(1, 3_600),
        "seconds",
        "How long a client may take to send a body; a second more for each MiB.",
    ),
    Setting(
        "idle_timeout_s",
        _number(1, 86_400),
        "seconds",
        "How long a connection may be idle before it is closed.",
    ),
    Setting(
        "write_timeout_s",
        _number(1, 3_600),
        "seconds",
        "How long a client may take to read an answer; a second more for each MiB.",
    ),
    Setting(
        "log_level",
        _one_of(*LOG_LEVELS),
        "level",
        "What the server's own log on stderr holds: debug, info, warning or error.",
    ),
)
_BY_NAME = {setting.name: setting for setting in SETTINGS}


class Resolved(NamedTuple):
    """A configuration, and where each of its values comes from."""

    config: Config
    #: Field to "default", the file's path, the variable's name or the flag.
    origins: dict[str, str]


def resolve(
    flags: Mapping[str, Any] | None = None,
    *,
    file: str | None = None,
    variables: Mapping[str, str] | None = None,
) -> Resolved:
    """Put the configuration together.

    Args:
        flags: Field to value, as given on the command line; absent or None: not given.
        file: Path of the file; None: HEADRACE_CONFIG, or headrace.toml in the current folder if it
            is there.
        variables: The process environment; None: this process's own.

    Raises:
        ConfigError: A setting is unknown or its value cannot be used.
    """
    variables = os.environ if variables is None else variables
    values: dict[str, Any] = {}
    origins = dict.fromkeys(_BY_NAME, "default")

    def take(setting: Setting, value: Any, origin: str, label: str) -> None:
        try:
            values[setting.name] = setting.read(value)
        except ConfigError as error:
            raise ConfigError(f"{label} {error}, not {value!r}") from None
        origins[setting.name] = origin

    path = file or variables.get("HEADRACE_CONFIG") or ""
    for name, value in _read_file(path).items():
        place = path or FILE_NAME
        take(_known(name, place), value, place, f"{place}: {name}")
    for variable, text in sorted(variables.items()):
        if variable.startswith(PREFIX) and variable not in _NOT_SETTINGS:
            name = variable.removeprefix(PREFIX).lower()
            take(_known(name, variable), text, variable, variable)
    for name, value in (flags or {}).items():
        if value is not None:
            setting = _BY_NAME[name]
            take(setting, value, setting.flag, setting.flag)
    config = Config(**values)
    check(config)
    return Resolved(config, origins)


def check(config: Config) -> None:
    """Refuse settings that do not go together.

    Raises:
        ConfigError: They do not.
    """
    if config.store and config.journal != "sqlite":
        raise ConfigError("a journal in memory and a store do not go together")
    if not config.listen_publicly and not is_loopback(config.host):
        raise ConfigError(
            f"{config.host} can be reached from other machines, and whoever reaches this server "
            "can read every message and run code here; add --listen-publicly if you mean that"
        )


def names_of(config: Config) -> tuple[str, ...]:
    """Return the names by which the server may be called beside loopback."""
    try:
        is_everywhere = ip_address(config.host).is_unspecified
    except ValueError:
        is_everywhere = False
    return config.allow_host if is_everywhere else (*config.allow_host, config.host)


def variables() -> Mapping[str, str]:
    """Return this process's own environment, for those who look for programs in it."""
    return dict(os.environ)


def _known(name: str, place: str) -> Setting:
    setting = _BY_NAME.get(name)
    if setting is None:
        raise ConfigError(f"{place}: there is no setting {name!r}; headrace config lists them")
    return setting


def _read_file(path: str) -> dict[str, Any]:
    """Return what a TOML file says; nothing when none was named and there is none."""
    try:
        text = Path(path or FILE_NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        if path:
            raise ConfigError(f"there is no file {path}") from None
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path or FILE_NAME} cannot be read: {error}") from None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path or FILE_NAME} is no TOML: {error}") from None
