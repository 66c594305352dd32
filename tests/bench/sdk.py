"""What the import of a cloud's SDK costs: as much of it as the cloud's component uses, in a process of its own."""

import json
import subprocess
import sys

from crosscloud import paths
from tests.bench.figures import timed

_MODULES = """
import json, sys
from tests.components.security.program import program
program(sys.argv[1])
loaded = [name for name, module in sys.modules.items() if "Lazy" not in type(module).__name__]
print(json.dumps([name for name in loaded if name.startswith("pulumi_") and name.count(".") <= 1]))
"""
# the SDKs' modules are lazy: asking one for a name, here or not, is what loads it
_IMPORT = "import importlib, sys\nfor name in sys.argv[1:]: getattr(importlib.import_module(name), 'Provider', None)"


def modules(cloud: str) -> list[str]:
    """Return the SDK's modules that making a cluster of the cloud imports: ``pulumi_aws.ec2``."""
    found: list[str] = json.loads(_python(_MODULES, cloud))
    return found


def seconds(names: list[str]) -> float:
    """Return what these modules take to import beyond what every program imports; the first time compiles them."""
    every = timed(lambda: _python(_IMPORT, "pulumi"))
    return timed(lambda: _python(_IMPORT, "pulumi", *names)) - every


def _python(*arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", *arguments], check=True, capture_output=True, text=True, cwd=paths.ROOT
    ).stdout
