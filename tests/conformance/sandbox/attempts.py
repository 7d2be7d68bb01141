"""What hostile code tries, and how each attempt ends at each level, and out of an image.

The one table that `test_hostile.py` and `test_hostile_images.py` take their expectations from and
that docs/SANDBOX.md must show. A cell is "refused", "succeeded", "as for the server" (what the server itself could do, a
function can), "not started" (the level runs no such function), or "refused with X": refused where
there is X (a key of `FEATURES`), else not.
"""

from typing import NamedTuple

#: What an ending may depend on, and how a posture shows whether it is there.
FEATURES = {
    "own user": lambda posture, user: bool(user),
    "Landlock 6": lambda posture, user: posture.landlock >= 6,
    "control groups": lambda posture, user: posture.groups is not None,
}


class Attempt(NamedTuple):
    """One way to do harm: the function of hostile.py, in words, and its endings by level.

    Made by a container image's function, which no level below `namespace` starts, it ends at both
    others as at `namespace`.
    """

    name: str
    words: str
    process: str
    restricted: str
    namespace: str
    strict: str = "refused"


NO, YES, SERVER = "refused", "succeeded", "as for the server"
#: The level starts no such function at all.
NEVER = "not started"
GROUPS, USER, LANDLOCK = (
    f"refused with {name}" for name in ("control groups", "own user", "Landlock 6")
)

ATTEMPTS = (
    Attempt("read_neighbour_code", "read another function's code", YES, NO, NO),
    Attempt("read_neighbour_tmp", "read another function's temporary files", YES, NO, NO),
    Attempt("read_server_folder", "read the server's folder (journal, archives)", YES, NO, NO),
    Attempt("write_server_folder", "write in the server's folder", YES, NO, NO),
    Attempt("climb_through_proc", "look through `/proc/<pid>/root`, `cwd`, `fd`", YES, NO, NO),
    Attempt("write_code", "change its own code", YES, NO, NO),
    Attempt("write_system", "write in the machine's folders", SERVER, NO, NO),
    Attempt(
        "open_kernel_settings", "open `/proc/sys`, `/sys`, cgroup files to write", SERVER, NO, NO
    ),
    Attempt("make_a_device", "create a device for the machine's memory", SERVER, NO, NO),
    Attempt("see_command_lines", "see others' command lines", YES, YES, NO),
    Attempt("see_variables", "read others' variables in `/proc/<pid>/environ`", YES, NO, NO),
    Attempt("open_memory", "open others' `/proc/<pid>/mem`", YES, NO, NO),
    Attempt("signal_others", "signal other processes", YES, NO, NO),
    Attempt("kill_decoy", "kill a process by number and by pidfd", YES, NO, NO),
    Attempt("raise_priority", "raise its own priority", SERVER, NO, NO),
    Attempt("gain_rights_by_a_program", "gain rights by a set-user-id program", SERVER, NO, NO),
    Attempt(
        "reach_abstract_socket",
        "connect to an abstract socket of the host",
        YES,
        LANDLOCK,
        LANDLOCK,
        LANDLOCK,
    ),
    Attempt("reach_server_socket", "connect to a socket in the server's folder", YES, USER, NO),
    Attempt("sniff_the_network", "open a raw socket", SERVER, NO, NO),
    Attempt("reach_port", "connect to a port of this machine", YES, YES, YES, YES),
    Attempt(
        "reach_port_without_network",
        "the same with HEADRACE_NETWORK=none",
        NEVER,
        NEVER,
        NO,
    ),
    Attempt(
        "reach_abstract_socket_without_network",
        "connect to an abstract socket of the host, likewise",
        NEVER,
        NEVER,
        NO,
    ),
    Attempt(
        "send_packet_without_network",
        "send a packet to another machine, likewise",
        NEVER,
        NEVER,
        NO,
    ),
    Attempt("share_system_v_memory", "attach System V memory of another function", YES, YES, NO),
    Attempt("spawn_without_end", "start processes without end", GROUPS, NO, NO),
    Attempt("pile_up_zombies", "leave dead children without end", GROUPS, NO, NO),
    Attempt("take_memory", "take 4 times its memory", NO, NO, NO),
    Attempt(
        "take_memory_in_children",
        "take more than its memory in three processes",
        GROUPS,
        GROUPS,
        GROUPS,
    ),
    Attempt("take_memory_in_files", "take it in memory files", GROUPS, GROUPS, GROUPS),
    Attempt("fill_disk", "write more to /tmp than it may hold", YES, YES, NO),
    Attempt("use_up_inodes", "create more files in /tmp than it may hold", YES, YES, NO),
    Attempt("use_up_descriptors", "open more than 1,024 files", NO, NO, NO),
    Attempt("raise_own_limits", "raise its own hard limits", SERVER, NO, NO),
    Attempt("fill_sockets", "leave unread bytes in sockets without end", NO, NO, NO),
    Attempt("flood_the_log", "write more log than the disk may hold", NO, NO, NO),
    Attempt("dump_core", "leave a core file", NO, NO, NO),
    Attempt("kill_the_keeper", "kill the process that would end it, and go on", NO, NO, NO),
    Attempt(
        "stay_after_the_end", "stay after a kill: new sessions, all signals ignored", NO, NO, NO
    ),
    Attempt("stay_after_the_time_limit", "the same after a time-out", NO, NO, NO),
    Attempt("run_while_frozen", "run on while frozen, processes waking each other", NO, NO, NO),
)


#: What no image's function tries: the code that meets it is the same, and it takes long.
NOT_BY_IMAGES = ("take_memory_in_children", "fill_sockets", "flood_the_log")


def of_image(attempt):
    """Return how an attempt ends that an image's function makes."""
    return "not tried" if attempt.name in NOT_BY_IMAGES else attempt.namespace


def expected(attempt, posture, user, *, image=False):
    """Return how an attempt must end under a posture, for an environment's user id (0: ours)."""
    cell = of_image(attempt) if image else getattr(attempt, posture.level)
    feature = cell.partition("refused with ")[2]
    if feature:
        return NO if FEATURES[feature](posture, user) else YES
    return cell


def table():
    """Return the table of docs/SANDBOX.md."""
    rows = [
        "| attempt | `process` | `restricted` | `namespace` | `strict` | image |",
        "|---|---|---|---|---|---|",
    ]
    for one in ATTEMPTS:
        cells = (one.words, one.process, one.restricted, one.namespace, one.strict, of_image(one))
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"
