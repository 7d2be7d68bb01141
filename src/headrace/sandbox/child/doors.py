"""Hand the server the sockets by which it and this environment's network reach each other.

Standard library only, Python 3.8 and later. A socket belongs to the network in which it was made:
the server cannot enter ours, and needs neither a way in nor a process here. Runs when the
environment has entered its network and before any code of the user does.
"""

import array
import errno
import socket
import time

LOOPBACK = "127.0.0.1"
#: Connections that may wait for the server; ours.
LISTENER_BACKLOG = 64
#: Between two tries to hand sockets over, in seconds; ours.
RETRY_S = 0.01


def pass_sockets(door, port, count):
    """Hand over a socket that listens on a port of our loopback, and some to reach us with.

    Args:
        door: The descriptor of the socket to send them through; closed here.
        count: How many that are not connected go with it.
    """
    with socket.socket(fileno=door) as way:
        sockets = [socket.socket() for _ in range(1 + count)]
        try:
            sockets[0].bind((LOOPBACK, port))
            sockets[0].listen(LISTENER_BACKLOG)
            send(way, [one.fileno() for one in sockets])
        finally:
            for one in sockets:
                one.close()


def send(way, descriptors):
    """Send descriptors, when the server has taken enough of those that this user has sent it.

    The kernel lets a user have as many under way as one process may have open. A server that has
    given up has closed its end, which is an error.
    """
    rights = array.array("i", descriptors).tobytes()
    while True:
        try:
            way.sendmsg([b"0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
            return
        except OSError as error:
            if error.errno != errno.ETOOMANYREFS:
                raise
        time.sleep(RETRY_S)
