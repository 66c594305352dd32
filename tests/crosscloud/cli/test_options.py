"""How a command is told its stack."""

import typer
from typer.testing import CliRunner

from crosscloud.cli.options import StackArgument, StackName, stack_of

app = typer.Typer()


@app.command()
def command(name: StackArgument = None, stack: StackName = "local") -> None:
    print(stack_of(name, stack))


def said(*arguments: str, status: int = 0, **variables: str) -> str:
    done = CliRunner().invoke(app, arguments, env={"STACK": None, **variables})
    assert done.exit_code == status, done.output
    return done.output.strip()


def test_the_stack_is_the_argument_the_option_or_the_variable() -> None:
    assert said("aws") == "aws"
    assert said("-s", "aws") == "aws"
    assert said(STACK="aws") == "aws"
    assert said() == "local"


def test_an_argument_goes_before_the_variable() -> None:
    assert said("aws", STACK="gce") == "aws"


def test_the_same_stack_twice_is_no_contradiction() -> None:
    assert said("aws", "-s", "aws") == "aws"


def test_two_stacks_are_refused() -> None:
    assert "two stacks are named, aws and gce" in said("aws", "--stack", "gce", status=2)
