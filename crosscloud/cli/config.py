"""``crosscloud config``: the schema of stack files, and a check of one."""

import json

import typer

from crosscloud.cli.options import StackArgument, StackName, stack_of

app = typer.Typer(name="config", help="The configuration of stacks.", no_args_is_help=True)


@app.command()
def schema() -> None:
    """Print the JSON Schema of Pulumi.<stack>.yaml, for editors."""
    from crosscloud.config.schema import json_schema

    print(json.dumps(json_schema(), indent=2))


@app.command()
def check(name: StackArgument = None, stack: StackName = "local") -> None:
    """Check a stack's file and its release, without touching anything; every error at once."""
    from pathlib import Path

    from crosscloud import config, kubernetes_support, release
    from crosscloud.problems import shown
    from crosscloud.stacks.pulumi import Stack
    from crosscloud.stacks.up import read_config

    chosen = Stack(stack_of(name, stack))
    found = read_config(chosen)
    images = release.load(Path(found.release_file))
    kubernetes_support.ensure(found, images)
    for warning in [*config.warnings(found), *kubernetes_support.warnings(images)]:
        print(f"warning: {warning}")
    release_file = shown(Path(found.release_file))
    print(f"{chosen.file.name} is right: cluster {found.name} on {found.cloud}, release {release_file}")
