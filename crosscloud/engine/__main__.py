"""``python -m crosscloud.engine``: makes engine and tools ready; what ``toolchain/setup.sh`` ends with."""

import sys

from crosscloud.engine.install import prepare
from crosscloud.errors import CrosscloudError

try:
    prepare()
except CrosscloudError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
