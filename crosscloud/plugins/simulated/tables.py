"""The small data files that a plugin answers look-ups from: zones, machine images, sizes, versions."""

from functools import cache
from importlib.resources import files
from typing import Any

from crosscloud.plugins.base import PluginError


@cache
def data(package: str, name: str) -> Any:
    """Return ``data/<name>.yaml`` of a plugin's package (``crosscloud.plugins.simulated_aws``).

    A file says when its facts were looked up (``date``) and where (``source``): answers without that are not given.
    """
    import yaml

    file = files(package) / "data" / f"{name}.yaml"
    try:
        found = yaml.safe_load(file.read_text())
    except FileNotFoundError as error:
        raise PluginError(f"the simulated cloud has no data file {name}.yaml in {package}") from error
    missing = [key for key in ("date", "source") if not isinstance(found, dict) or not found.get(key)]
    if missing:
        raise PluginError(f"{package}/data/{name}.yaml does not state its {' and '.join(missing)}")
    return found
