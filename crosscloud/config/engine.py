"""The configuration of the stack that the Pulumi engine is running the program for."""

from pathlib import Path

from crosscloud import paths
from crosscloud.config.findings import NAMESPACE
from crosscloud.config.loading import load
from crosscloud.config.stacks import StackConfig


def load_from_pulumi() -> StackConfig:
    """Return the running stack's configuration; raises ``ConfigErrors`` with everything that is wrong.

    Values arrive as strings, blocks and lists as JSON, whether they stand in the stack's file, in Pulumi.yaml, or were
    given with ``--config``.
    """
    import pulumi
    from pulumi.runtime import config as runtime

    values = {**runtime.get_config_env(), **runtime.CONFIG.get()}
    ours = {key: value for key, value in values.items() if key.startswith(f"{NAMESPACE}:")}
    secrets = [key for key in ours if runtime.is_config_secret(key)]
    stack = pulumi.get_stack()
    return load(ours, stack=stack, stack_file=_stack_file(_root(), stack), secrets=secrets)


def _root() -> Path:
    """Return the folder of the project's Pulumi.yaml.

    Only Pulumi's own language host tells it; every one works in the program's folder, which is that one or below it.
    """
    import pulumi

    if told := pulumi.runtime.get_root_directory():
        return Path(told)
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "Pulumi.yaml").is_file()), paths.ROOT)


def _stack_file(root: Path, stack: str) -> Path:
    """Return the stack's file, whether or not it exists; the engine takes both endings."""
    other = root / f"Pulumi.{stack}.yml"
    return other if other.is_file() else root / f"Pulumi.{stack}.yaml"
