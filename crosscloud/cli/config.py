"""``crosscloud config``: the schema of stack files, and a check of one."""

import json
from typing import Annotated

import typer

app = typer.Typer(name="config", help="The configuration of stacks.", no_args_is_help=True)


@app.command()
def schema() -> None:
    """Print the JSON Schema of Pulumi.<stack>.yaml, for editors."""
    from crosscloud.config.schema import json_schema

    print(json.dumps(json_schema(), indent=2))


@app.command()
def check(stack: Annotated[str, typer.Argument(help="The stack: Pulumi.<stack>.yaml.")] = "local") -> None:
    """Check a stack's file and its release, without touching anything; every error at once."""
    from pathlib import Path

    from crosscloud import config, kubernetes_support, release
    from crosscloud.stacks.pulumi import Stack
    from crosscloud.stacks.up import read_config

    found = read_config(Stack(stack))
    images = release.load(Path(found.release_file))
    kubernetes_support.ensure(found, images)
    for warning in [*config.warnings(found), *kubernetes_support.warnings(images)]:
        print(f"warning: {warning}")
    print(f"Pulumi.{stack}.yaml is right: cluster {found.name} on {found.cloud}, release {found.release_file}")
