"""Options that several commands have."""

from typing import Annotated

import typer

StackName = Annotated[str, typer.Option("--stack", "-s", envvar="STACK", help="The stack: Pulumi.<stack>.yaml.")]
