"""Names for the user ids of environments: without one nobody has a home folder.

Standard library only, Python 3.8 and later. On Lambda the user is sbx_user1051 and its home a
folder that does not exist (spec/lambda.md 3.2). Programs ask for it when they start: `Path.home()`,
Node's `os.homedir()` and every client of AWS's SDK for it fail where a user id has no name.
"""

import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from headrace.sandbox.child import kernel
else:
    import kernel

#: Where lists of users are written; seen until an environment has its own.
FOLDER = "/.users"
#: Room for all of them, a page each, and for those of templates, who have a thousand lines.
FOLDER_OPTIONS = "size=64m,mode=755"
NAME = "sbx_user1051"
#: Of environments that share the server's user, in a user namespace of their own.
USER, GROUP = 993, 990
ROOT_LINE = "root:x:0:0:root:/root:/sbin/nologin\n"
PASSWD = "/etc/passwd"
#: What is read of an image's own list, in bytes.
PASSWD_BYTES_MAX = 1_048_576


def line_of(user, group):
    """Return a user's line in the list."""
    return "%s:x:%d:%d::/home/%s:/sbin/nologin\n" % (NAME, user, group, NAME)


def common_list():
    """Return the list where all environments have one user."""
    return ROOT_LINE + line_of(USER, GROUP)


def name_users(first, count):
    """Have a list in which `count` users from this one on have the name, and let go of others'."""
    if first:
        lines = [line_of(user, user) for user in range(first, first + max(count, 1))]
        kernel.bind(write(first, ROOT_LINE + "".join(lines)), PASSWD)
    kernel.umount(FOLDER)


def name_user_in(root, user):
    """Add a user to the list of an image, where it has one; call it before its root is ours."""
    path = root + PASSWD
    if user and os.path.realpath(path) == path and os.path.isfile(path):
        with open(path, errors="surrogateescape") as file:
            theirs = file.read(PASSWD_BYTES_MAX)
        between = "\n" if theirs and not theirs.endswith("\n") else ""
        kernel.bind(write(user, theirs + between + line_of(user, user)), path)


def write(user, text):
    """Write a list and return its path; an environment that dies meanwhile leaves none in part."""
    path = "%s/%d" % (FOLDER, user)
    with open(path + ".new", "w", errors="surrogateescape") as file:
        file.write(text)
        os.fchmod(file.fileno(), stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
    os.rename(path + ".new", path)
    return path
