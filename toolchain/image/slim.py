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
from types import ModuleType


def main(site: Path, parts: Path) -> None:
    """Slim the environment of this Python."""
    used = defaultdict(set)
    for line in parts.read_text().splitlines():
        if line and not line.startswith("#"):
            sdk, part = line.split()
            used[sdk].add(part)
    for sdk, names in used.items():
        remove_unused(site / sdk, names)
    for tests in [*site.glob("*/tests"), *site.glob("*/test")]:
        shutil.rmtree(tests)


def remove_unused(package: Path, used: set[str]) -> None:
    """Remove the sub-packages of an SDK but for those that are used, and those that they load."""
    for name in used:
        dir(importlib.import_module(f"{package.name}.{name}"))  # the SDKs load a part only when it is looked at
    loaded = {
        name.split(".")[1]
        for name, module in sys.modules.items()
        # what the SDK has only promised to load is a module of another type
        if name.startswith(f"{package.name}.") and type(module) is ModuleType
    }
    for folder in package.iterdir():
        if folder.is_dir() and folder.name not in loaded | {"__pycache__"}:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
