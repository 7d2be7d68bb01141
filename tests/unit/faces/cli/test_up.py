"""The flags of `headrace up`, and a server that runs until it is told to stop."""

import argparse

import pytest

from headrace.faces.cli import up
from headrace.shell.config import SETTINGS, Config, ConfigError


def parse(*words):
    parser = argparse.ArgumentParser()
    up.add_arguments(parser)
    return parser.parse_args(words)


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """Have no file and no variables about."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("headrace.shell.config.os.environ", {})


def test_without_flags_the_defaults_hold():
    assert up.resolve_arguments(parse()).config == Config()


def test_flags_of_every_kind_are_taken():
    words = ["--port", "0", "--data", "d", "--stop-timeout", "5", "--listen-publicly"]
    words += ["--allow-host", "a", "--allow-host", "b", "--sandbox-min", "strict"]
    config, origins = up.resolve_arguments(parse(*words))
    assert config == Config(
        port=0,
        data="d",
        stop_timeout_s=5,
        listen_publicly=True,
        allow_host=("a", "b"),
        sandbox_min="strict",
    )
    assert origins["stop_timeout_s"] == "--stop-timeout"


def test_there_is_a_flag_for_each_setting():
    given = vars(parse())
    assert set(given) == {"config", *(setting.name for setting in SETTINGS)}


def test_a_file_is_named(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text("port = 5")
    assert up.resolve_arguments(parse("--config", str(path))).config.port == 5
    with pytest.raises(ConfigError):
        up.resolve_arguments(parse("--config", str(tmp_path / "y.toml")))


def test_what_cannot_start_is_said_in_one_sentence(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert up.run(parse("--data", str(tmp_path / "file"), "--port", "0")) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("headrace: ")
    assert err.count("\n") == 1
