"""Following a run of the engine, and saying after its failure what is known of it."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from crosscloud.config import StackConfig
from crosscloud.stacks.advice.events import failures
from crosscloud.stacks.advice.rules import Advice, advice
from crosscloud.stacks.pulumi import PulumiError


@dataclass(frozen=True)
class Events:
    """The engine's event log: the arguments and variables of a ``pulumi`` command that writes it."""

    log: Path

    @property
    def arguments(self) -> tuple[str, ...]:
        """What to add to the command."""
        return ("--event-log", str(self.log))

    @property
    def variables(self) -> dict[str, str]:
        """What to add to its environment: as the Automation API does, which is why the option stays."""
        return {"PULUMI_DEBUG_COMMANDS": "true"}


@contextmanager
def advised(config: StackConfig) -> Iterator[Events]:
    """Follow what happens in the block; when Pulumi fails, print what is known of the failures."""
    # The log is the owner's alone and goes with the block; the engine hides secrets in it.
    with tempfile.TemporaryDirectory(prefix="crosscloud-") as folder:
        events = Events(Path(folder) / "events.json")
        try:
            yield events
        except PulumiError as error:
            error.failures = failures(events.log)
            error.advice = list(advice(error.failures, config))
            tell(error.advice)
            raise


def tell(found: Sequence[Advice]) -> None:
    """Print advice: what failed, what that means, and what to try; the same thing about several resources once."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    grouped: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for one in found:
        grouped.setdefault((one.says, tuple(one.try_)), []).append(one.failure.name)
    for (says, steps), names in grouped.items():
        console.print(f"\n[bold red]{', '.join(names)}:[/] ", end="")
        console.print(says, markup=False)
        for step in steps:
            console.print(f"  - {step}", markup=False)
    if found:
        console.print("\nThen run the same command again: it goes on from here.")
