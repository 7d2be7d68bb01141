"""`headrace demo` from the command line."""

import argparse

from headrace.faces.cli import demo
from headrace.faces.demo import run as run_module


def test_the_flag_says_whether_the_server_is_killed(monkeypatch):
    asked = []
    monkeypatch.setattr(run_module, "run", lambda *, crash: asked.append(crash) or 0)
    parser = argparse.ArgumentParser()
    demo.add_arguments(parser)
    assert demo.run(parser.parse_args([])) == 0
    assert demo.run(parser.parse_args(["--crash"])) == 0
    assert asked == [False, True]


def test_a_missing_sdk_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setattr(demo.importlib.util, "find_spec", lambda name: None)
    assert demo.run(argparse.Namespace(crash=False)) == 1
    assert capsys.readouterr().err == (
        "headrace demo: boto3 is missing; pip install 'headrace[demo]'\n"
    )
