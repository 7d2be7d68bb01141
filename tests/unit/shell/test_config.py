"""Where settings come from, what is refused, and that the documents say the same."""

import re
from pathlib import Path

import msgspec
import pytest

from headrace.shell.config import (
    SETTINGS,
    Config,
    ConfigError,
    check,
    names_of,
    resolve,
    variables,
)

FLAGS = {setting.name: setting.flag for setting in SETTINGS}
DOCUMENT = Path(__file__).parents[3] / "docs" / "configuration.md"


def refusal_of(*arguments, **options):
    with pytest.raises(ConfigError) as caught:
        resolve(*arguments, **{"variables": {}, **options})
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


@pytest.fixture
def file(tmp_path):
    """Return a function that writes a configuration file and returns its path."""

    def write(text):
        path = tmp_path / "some.toml"
        path.write_text(text)
        return str(path)

    return write


def test_without_anything_the_defaults_hold(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config, origins = resolve(variables={})
    assert config == Config()
    assert set(origins.values()) == {"default"}


def test_the_file_beats_defaults_and_variables_beat_the_file_and_flags_beat_all(file):
    path = file('port = 1\nregion = "file"\naccount = "111111111111"\n')
    config, origins = resolve(
        {"port": "3", "region": None},
        file=path,
        variables={"HEADRACE_PORT": "2", "HEADRACE_REGION": "variable", "HOME": "/"},
    )
    assert (config.port, config.region, config.account) == (3, "variable", "111111111111")
    assert (origins["port"], origins["region"], origins["account"], origins["host"]) == (
        "--port",
        "HEADRACE_REGION",
        path,
        "default",
    )


def test_a_file_in_the_current_folder_is_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "headrace.toml").write_text("port = 7\nallow_host = ['a', 'b']\n")
    config, origins = resolve(variables={})
    assert (config.port, config.allow_host) == (7, ("a", "b"))
    assert origins["port"] == "headrace.toml"


def test_a_variable_names_the_file(file):
    path = file("port = 8\n")
    assert resolve(variables={"HEADRACE_CONFIG": path}).config.port == 8


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_each_setting_can_be_set_as_text(setting):
    texts = {
        "host": "localhost",
        "port": "99",
        "listen_publicly": "yes",
        "allow_host": "a.example, b.example",
        "public_url": "https://q.example/",
        "data": "elsewhere",
        "journal": "memory",
        "store": "postgresql://headrace@db.example/headrace",
        "account": "123456789012",
        "region": "eu-west-1",
        "sandbox_min": "strict",
        "sandbox_level": "process",
        "function_network": "none",
        "runtime_fallback": "refuse",
        "maven_url": "https://maven.example/",
        "code_s3_url": "https://s3.example/",
        "log_level": "debug",
        "hot_reload": "no",
        "metrics": "no",
    }
    text = texts.get(setting.name, "99")
    config, origins = resolve(variables={setting.variable: text})
    assert getattr(config, setting.name) != getattr(Config(), setting.name)
    assert origins[setting.name] == setting.variable
    assert resolve({setting.name: text}, variables={}).config == config


@pytest.mark.parametrize(
    "name, value",
    [
        ("port", "x"),
        ("port", "70000"),
        ("port", "-1"),
        ("port", "٣"),
        ("stop_timeout_s", "1.5"),
        ("listen_publicly", "perhaps"),
        ("account", "12"),
        ("account", "12345678901x"),
        ("public_url", "queues.example"),
        ("journal", "paper"),
        ("store", "mysql://db.example/headrace"),
        ("lease_s", "0"),
        ("sandbox_min", "some"),
        ("data", ""),
        ("log_level", "loud"),
    ],
)
def test_a_value_that_cannot_be_used_is_one_sentence_with_its_place(name, value):
    variable = f"HEADRACE_{name.upper()}"
    assert refusal_of(variables={variable: value}).startswith(f"{variable} must ")
    assert refusal_of({name: value}).startswith(f"{FLAGS[name]} must ")


@pytest.mark.parametrize(
    "line",
    ["port = '80x'", "port = true", "port = 1.5", "data = 5", "allow_host = [1]", "account = 1"],
)
def test_a_value_of_a_wrong_type_in_the_file_is_refused(file, line):
    path = file(line)
    assert refusal_of(file=path).startswith(f"{path}: {line.split()[0]} must be ")


def test_unknown_names_are_refused_wherever_they_stand(file):
    assert "'prot'" in refusal_of(file=file("prot = 1\n"))
    assert "'prot'" in refusal_of(variables={"HEADRACE_PROT": "1"})


def test_a_file_that_is_missing_or_no_toml_is_refused(file, tmp_path):
    assert refusal_of(file=str(tmp_path / "none.toml")).startswith("there is no file ")
    assert "is no TOML" in refusal_of(file=file("port: 1\n"))
    assert "cannot be read" in refusal_of(file=str(tmp_path))


def test_variables_of_the_test_suite_are_no_settings():
    found = {"HEADRACE_NO_SKIPS": "1", "HEADRACE_CRASH_ROUNDS": "5", "HEADRACE_CRASH_SEED": "7"}
    assert resolve(variables=found).config == Config()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.9", "build.example"])
def test_listening_beyond_loopback_must_be_meant(host):
    sentence = refusal_of({"host": host})
    assert "--listen-publicly" in sentence
    assert "run code" in sentence
    assert resolve({"host": host, "listen_publicly": "yes"}, variables={}).config.host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_loopback_needs_no_leave(host):
    check(Config(host=host))
    assert resolve({"host": host}, variables={}).config.host == host


def test_the_address_that_is_listened_on_is_a_name_of_the_server():
    config = Config(host="10.1.2.3", listen_publicly=True, allow_host=("a",))
    assert names_of(config) == ("a", "10.1.2.3")
    assert names_of(Config(host="0.0.0.0", listen_publicly=True, allow_host=("a",))) == ("a",)


def test_the_environment_of_the_process_is_read_here(monkeypatch):
    monkeypatch.setenv("HEADRACE_PORT", "4321")
    assert resolve().config.port == 4321
    assert variables()["HEADRACE_PORT"] == "4321"


def test_settings_are_the_fields_of_the_configuration():
    fields = [field.name for field in msgspec.structs.fields(Config)]
    assert [setting.name for setting in SETTINGS] == fields


def test_the_document_has_a_row_for_each_setting_with_its_default():
    rows = re.findall(
        r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.+) \|$", DOCUMENT.read_text(), re.MULTILINE
    )
    expected = [
        (setting.name, setting.unit, in_document(getattr(Config(), setting.name)), setting.meaning)
        for setting in SETTINGS
    ]
    assert rows == expected


def in_document(value):
    """Return a default as docs/configuration.md shows it."""
    if value in ("", ()):
        return "empty"
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    return f"`{value}`"
