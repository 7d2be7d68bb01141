"""Decide from Host and Origin whether a request comes from a client or from somebody's browser.

A page on the web can make a browser on this machine send requests to this port, and, by pointing
a name of its own at 127.0.0.1 (DNS rebinding), read the answers. Whoever may create functions runs
code, so neither is let in: the name in Host must be one that only this machine or the configuration
gives, and what a browser says about the page behind a request must name this server itself.
"""

from collections.abc import Iterable
from ipaddress import ip_address

from headrace.api.urls.address import server_name
from headrace.shell.limits import HOSTS_REMEMBERED_MAX

#: Headers that only browsers send.
_BROWSERS_HEADERS = frozenset({"origin", "referer", "sec-fetch-site"})

#: What Sec-Fetch-Site says when the user, or a page of this server, asked.
_OWN_SITES = frozenset({"none", "same-origin"})


def name_of_host(host: str) -> str:
    """Return the name or address in a Host header: lower case, no port, brackets or final dot."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].removesuffix(".")


def is_loopback(name: str) -> bool:
    """Tell whether a name or address always means this machine."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


class Admission:
    """The door: knows by which names this server may be called."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        """Let in loopback and `names`: names or addresses, `*.example.org` for all below, `*`."""
        given = [name.lower() for name in names]
        self._exact = frozenset(name_of_host(name) for name in given if not name.startswith("*"))
        self._suffixes = tuple(name[1:] for name in given if name.startswith("*."))
        self._any = "*" in given
        self._known: set[str] = set()

    def refusal(self, headers: dict[str, str], *, is_for_pages: bool = False) -> str | None:
        """Return None for a client, or the sentence that turns a request away.

        What is for pages of other sites too (function URLs) asks for a good name only.
        """
        host = headers.get("host")
        if host is not None and host not in self._known:
            if not self._is_ours(host):
                return (
                    f"This server does not go by the name {name_of_host(host)[:80]!r}; "
                    "start it with --allow-host to add a name."
                )
            if len(self._known) < HOSTS_REMEMBERED_MAX:
                self._known.add(host)
        if is_for_pages or _BROWSERS_HEADERS.isdisjoint(headers):
            return None
        return self._refusal_of_page(headers, host or "")

    def _is_ours(self, host: str) -> bool:
        name = name_of_host(server_name(host))
        return (
            self._any
            or is_loopback(name)
            or name in self._exact
            or (bool(self._suffixes) and name.endswith(self._suffixes))
        )

    @staticmethod
    def _refusal_of_page(headers: dict[str, str], host: str) -> str | None:
        page = headers.get("origin") or headers.get("referer")
        site = headers.get("sec-fetch-site", "none")
        is_own_page = page is None or page.partition("://")[2].partition("/")[0] == host
        if is_own_page and site in _OWN_SITES:
            return None
        return "Web pages of other sites may not send requests to this server."
