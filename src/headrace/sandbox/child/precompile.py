"""Compile a folder of libraries to byte code, for the interpreter that runs this.

Run as `python -I -S precompile.py <server's pid> <folder>`; standard library only. Dies with the
server, and gives way to everything else on the machine.
"""

import compileall
import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

TYPE_CHECKING = False
if TYPE_CHECKING:
    from headrace.sandbox.child import kernel
else:
    import kernel


def main():
    """Compile everything; files that this version cannot read are passed over."""
    kernel.die_with_parent(signal.SIGKILL)
    if os.getppid() != int(sys.argv[1]):
        return
    os.nice(19)
    compileall.compile_dir(sys.argv[2], quiet=2)


if __name__ == "__main__":
    main()
