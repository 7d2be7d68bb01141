"""`headrace config`."""

import argparse

import pytest

from headrace.faces.cli import settings
from headrace.shell.config import SETTINGS


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """Have no file about, and one variable."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("headrace.shell.config.os.environ", {"HEADRACE_REGION": "eu-west-1"})


def test_each_setting_is_printed_with_its_value_and_where_it_came_from(capsys):
    parser = argparse.ArgumentParser()
    settings.add_arguments(parser)
    assert settings.run(parser.parse_args(["--port", "9", "--allow-host", "a"])) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [row[0] for row in rows] == [setting.name for setting in SETTINGS]
    assert ["port", "9", "--port"] in rows
    assert ["allow_host", '["a"]', "--allow-host"] in rows
    assert ["region", '"eu-west-1"', "HEADRACE_REGION"] in rows
    assert ["listen_publicly", "false", "default"] in rows


def test_a_password_is_not_printed():
    url = "postgresql://ann:secret@db.example/queues"
    assert settings.format_value(url) == '"postgresql://ann:***@db.example/queues"'
    plain = "postgresql://ann@db.example/queues"
    assert settings.format_value(plain) == f'"{plain}"'
