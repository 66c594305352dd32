"""Options that several commands have."""

from typing import Annotated

import typer


class _Named(str):
    """A stack's name that the command line itself gave by its option, not the environment or a default."""

    __slots__ = ()


def _seen(context: typer.Context, stack: str) -> str:
    source = context.get_parameter_source("stack")
    return _Named(stack) if source is not None and source.name == "COMMANDLINE" else stack


StackName = Annotated[
    str, typer.Option("--stack", "-s", envvar="STACK", callback=_seen, help="The stack: Pulumi.<stack>.yaml.")
]
#: The stack without an option (``crosscloud up aws``); a command has both, and `stack_of` tells which is meant.
StackArgument = Annotated[str | None, typer.Argument(metavar="STACK", help="The same as --stack.")]


def stack_of(argument: str | None, stack: str) -> str:
    """Return the stack that the command line names by its argument or by the option ``stack``.

    Raises a usage error where it names two: which one is meant must not be guessed.
    """
    if argument is None or argument == stack:
        return stack
    if isinstance(stack, _Named):
        raise typer.BadParameter(f"two stacks are named, {argument} and {stack}; leave one of them out")
    return argument
