"""`headrace demo`: the main job on real webhook deliveries."""

import argparse
import importlib.util
import sys


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the demo's own flags."""
    parser.add_argument(
        "--crash",
        action="store_true",
        help="kill the server with SIGKILL in the middle, start it again, and prove that "
        "nothing acknowledged is lost",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the demo; return the exit status: 0 only if the figures are right."""
    if importlib.util.find_spec("boto3") is None:
        print("headrace demo: boto3 is missing; pip install 'headrace[demo]'", file=sys.stderr)
        return 1
    from headrace.faces.demo.run import run as run_demo  # noqa: PLC0415 - needs boto3

    return run_demo(crash=arguments.crash)
