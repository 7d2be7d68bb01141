"""What headrace does not carry is downloaded, from a server of our own here."""

import http.server
import threading

import pytest

from headrace.sandbox.languages import java_client
from headrace.shell import fetching
from headrace.shell.config import Config


class Repository(http.server.BaseHTTPRequestHandler):
    """A repository of one file."""

    def do_GET(self):
        content = b"content" if self.path == "/m/there" else b""
        self.send_response(200 if content else 404)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def url(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = http.server.HTTPServer(("127.0.0.1", 0), Repository)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/m"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_url_is_read(url):
    assert fetching.read_url(f"{url}/there") == b"content"


def test_what_cannot_be_read_is_said_with_its_url(url):
    with pytest.raises(fetching.FetchFailed, match=r"/m/gone cannot be read: .*Not Found"):
        fetching.read_url(f"{url}/gone")


def test_what_is_not_there_fails_and_leaves_nothing(url, tmp_path):
    config = Config(maven_url=url, runtimes_folder=str(tmp_path / "r"))
    with pytest.raises(fetching.FetchFailed, match=r"interface-client.* cannot be read"):
        fetching.fetch_runtime(config, "java")
    assert list((tmp_path / "r").iterdir()) == []


def test_another_file_than_the_pinned_one_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(fetching, "read_url", lambda url: b"another")
    config = Config(runtimes_folder=str(tmp_path / "r"))
    with pytest.raises(fetching.FetchFailed, match="is not the file that was asked for"):
        fetching.fetch_runtime(config, "java")


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").touch()
    config = Config(runtimes_folder=str(tmp_path / "file"))
    with pytest.raises(fetching.FetchFailed, match="cannot be made"):
        fetching.fetch_runtime(config, "java")


def test_what_is_there_is_not_fetched_again(tmp_path, monkeypatch):
    monkeypatch.setattr(fetching, "read_url", None)
    folder = java_client.folder_for({"HEADRACE_RUNTIMES_FOLDER": str(tmp_path)})
    (tmp_path / folder.rpartition("/")[2]).mkdir()
    lines = fetching.fetch_runtime(Config(runtimes_folder=str(tmp_path)), "java")
    assert lines == [f"{folder} holds what Java functions need"]
