"""Who speaks at the other end of a TCP connection on this machine.

On the host's network every program can reach an environment's port, so each connection is traced
to its owner: the kernel says whose user id a socket has, and its number, by which it is found
among the open files of the environment's processes. Asked through netlink, which looks up one
socket; where there is none, in /proc/net/tcp, which lists all.
"""

import contextlib
import os
import socket
import struct
import sys

import msgspec

from headrace.sandbox import trees

_LOOPBACK = "127.0.0.1"
# include/uapi/linux/sock_diag.h, inet_diag.h, netlink.h
_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_NLM_F_REQUEST = 1
_ANY_STATE = 0xFFFFFFFF
_NO_COOKIE = b"\xff" * 8
_HEADER = struct.Struct("=IHHII")
_ADDRESS_BYTES = 16


class Owner(msgspec.Struct, frozen=True):
    """Whose a socket is."""

    user: int
    inode: int


def find_owner(port: int, our_port: int) -> Owner | None:
    """Return who holds the loopback socket at `port` that is connected to `our_port`."""
    try:
        return _ask_kernel(port, our_port)
    except OSError:
        return _search_list(port, our_port)


def may_speak(port: int, our_port: int, user: int, root: int) -> bool:
    """Return whether a connection comes from an environment.

    Args:
        user: The environment's own user id; 0 when it shares one, and then its processes' open
            files are looked at.
        root: The pid at the head of its processes.
    """
    owner = find_owner(port, our_port)
    if owner is None:
        return False
    if user:
        return owner.user == user
    return any(_holds(pid, owner.inode) for pid in trees.descendants(root))


def _holds(pid: int, inode: int) -> bool:
    wanted = f"socket:[{inode}]"
    with contextlib.suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/{pid}/fd/{name}") == wanted:
                    return True
    return False


def _ask_kernel(port: int, our_port: int) -> Owner | None:
    """Look up one socket.

    Raises:
        OSError: The kernel has no such service, or there is no such socket.
    """
    address = socket.inet_aton(_LOOPBACK).ljust(_ADDRESS_BYTES, b"\0")
    question = struct.pack("=BBBBI", socket.AF_INET, socket.IPPROTO_TCP, 0, 0, _ANY_STATE)
    question += struct.pack("!HH", port, our_port) + address + address
    question += struct.pack("=I", 0) + _NO_COOKIE
    head = _HEADER.pack(_HEADER.size + len(question), _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as line:
        line.settimeout(1)
        line.send(head + question)
        answer = line.recv(4096)
    _, kind, _, _, _ = _HEADER.unpack_from(answer)
    if kind != _SOCK_DIAG_BY_FAMILY:
        raise OSError("no such socket")
    # Behind four bytes and the socket's identity (48): expires, queues, then these two.
    user, inode = struct.unpack_from("=II", answer, _HEADER.size + 4 + 48 + 12)
    return Owner(user, inode)


def _search_list(port: int, our_port: int) -> Owner | None:
    wanted = (_in_list(port), _in_list(our_port))
    with open("/proc/net/tcp") as file:
        next(file)
        for line in file:
            fields = line.split()
            if (fields[1], fields[2]) == wanted:
                return Owner(int(fields[7]), int(fields[9]))
    return None


def _in_list(port: int) -> str:
    number = int.from_bytes(socket.inet_aton(_LOOPBACK), sys.byteorder)
    return f"{number:08X}:{port:04X}"
