"""Download what functions need and headrace does not carry, when the user asks for it.

Proxies are those of the variables https_proxy, http_proxy and no_proxy.
"""

import urllib.error
import urllib.request

from headrace.sandbox.languages import java_client
from headrace.shell.app import search_variables
from headrace.shell.config import Config

#: The languages for which there is something to download.
FETCHABLE = ("java",)
#: Seconds that a download may stand still.
STILL_S = 30.0
#: The largest file that is taken, in bytes; ours, far above what is pinned.
FILE_BYTES_MAX = 67_108_864


class FetchFailed(Exception):
    """Something could not be downloaded; the text says what and why in one sentence."""


def fetch_runtime(config: Config, language: str) -> list[str]:
    """Download what a language needs, unless it is there; return lines to print.

    Args:
        language: One of `FETCHABLE`.

    Raises:
        FetchFailed: It cannot be had, or is not what it should be. Nothing is kept.
    """
    assert language in FETCHABLE
    folder = java_client.folder_for(search_variables(config))
    try:
        urls = java_client.install(folder, config.maven_url, read_url)
    except java_client.UnwantedFile as error:
        raise FetchFailed(str(error)) from None
    except OSError as error:
        raise FetchFailed(f"{folder} cannot be made: {error}") from None
    return [*(f"fetched {url}" for url in urls), f"{folder} holds what Java functions need"]


def read_url(url: str) -> bytes:
    """Return the content of a URL.

    Raises:
        FetchFailed: There is none to be had.
    """
    try:
        with urllib.request.urlopen(url, timeout=STILL_S) as answer:  # noqa: S310 - http(s) only
            return bytes(answer.read(FILE_BYTES_MAX))
    except (OSError, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise FetchFailed(f"{url} cannot be read: {reason}") from None
