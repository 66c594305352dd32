"""Removes from a virtual environment what the program never loads: most of each cloud's SDK, and the libraries' tests.

    slim.py SITE_PACKAGES PARTS

The SDKs describe every service of a cloud, and the program uses a few. ``PARTS`` names them, a line each (``pulumi_aws
ec2``); what they load stays too. The tests hold that file to what the program names.
"""

import importlib
import shutil
import sys
from collections import defaultdict
from pathlib import Path

from pulumi._utils import _LazyModule  # what an SDK has only promised to load

#: A second client of Kubernetes' API, and the debugger that `pulumi up --attach-debugger` starts: 100 MB.
_LEFT_OUT = ("kubernetes/aio", "debugpy")
_MISSING = """raise ImportError("this image has no {sdk}.{part}: add `{sdk} {part}` to toolchain/image/parts.txt")
"""


def main(site: Path, parts: Path) -> None:
    """Slim the environment of this Python."""
    used = defaultdict(set)
    for line in parts.read_text().splitlines():
        if line and not line.startswith("#"):
            sdk, part = line.split()
            used[sdk].add(part)
    for sdk, names in used.items():
        remove_unused(site / sdk, names)
    for left_out in (*_LEFT_OUT, "*/tests", "*/test"):
        for folder in site.glob(left_out):
            shutil.rmtree(folder)


def remove_unused(package: Path, used: set[str]) -> None:
    """Empty the sub-packages of an SDK but for those that are used, and those that they load.

    Each stays as a name, since the SDK looks for all of them; importing it says what is missing, and where.
    """
    for name in used:
        load(f"{package.name}.{name}")
    loaded = {
        name.split(".")[1]
        for name, module in sys.modules.items()
        if name.startswith(f"{package.name}.") and not isinstance(module, _LazyModule)
    }
    for folder in package.iterdir():
        if (folder / "__init__.py").is_file() and folder.name not in loaded:
            shutil.rmtree(folder)
            folder.mkdir()
            (folder / "__init__.py").write_text(_MISSING.format(sdk=package.name, part=folder.name))


def load(name: str) -> None:
    """Load a module, and what below it the SDK has promised to load once an attribute is asked for."""
    importlib.import_module(name)
    while promised := [
        module
        for each, module in sys.modules.items()
        if f"{each}.".startswith(f"{name}.") and isinstance(module, _LazyModule)
    ]:
        for module in promised:
            hasattr(module, "__all__")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
