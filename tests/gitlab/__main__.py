"""``python -m tests.gitlab --port N --state FILE``: the stub as a process of its own; another one may edit its file."""

import argparse
import signal
from pathlib import Path

from tests.gitlab.server import described, gitlab_stub


def main() -> None:
    """Serve until told to end."""
    parser = argparse.ArgumentParser(prog="tests.gitlab", description="A stub of GitLab's API, made for tests.")
    parser.add_argument("--port", type=int, default=0, help="the port on loopback; 0 takes a free one")
    parser.add_argument("--state", type=Path, help="the file that keeps projects, users and tokens (JSON)")
    chosen = parser.parse_args()
    with gitlab_stub(port=chosen.port, file=chosen.state) as stub:
        print(described(stub), flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    main()
