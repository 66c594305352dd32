"""``python -m crosscloud.artifacts``: the sub-command alone."""

import sys

from crosscloud.artifacts.commands import app
from crosscloud.errors import CrosscloudError

if __name__ == "__main__":
    try:
        app()
    except CrosscloudError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_code)
