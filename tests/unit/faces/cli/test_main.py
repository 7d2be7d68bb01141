"""The command tree."""

import pytest

from headrace import __version__
from headrace.faces.cli.main import COMMANDS, main


def test_version_is_told(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"headrace {__version__}\n"


def test_help_names_every_word(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    out = capsys.readouterr().out
    assert [word for word in COMMANDS if word not in out] == []


@pytest.mark.parametrize("words", [[], ["frobnicate"], ["up", "--frobnicate"]])
def test_an_unknown_word_is_usage_and_status_2(words, capsys):
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    assert "usage: headrace" in capsys.readouterr().err


def test_a_mistake_of_the_user_is_one_sentence_and_status_1(capsys):
    assert main(["config", "--port", "many"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "headrace: --port must be a whole number from 0 to 65535, not 'many'\n"


def test_a_word_runs_its_module(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["config", "--region", "eu-west-3"]) == 0
    assert "eu-west-3" in capsys.readouterr().out


@pytest.mark.parametrize("word", list(COMMANDS))
def test_each_word_has_help_of_its_own(word, capsys):
    with pytest.raises(SystemExit) as end:
        main([word, "--help"])
    assert end.value.code == 0
    assert f"headrace {word}" in capsys.readouterr().out
