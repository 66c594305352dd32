"""``python -m tests.bench [RUNS]``: measures, prints a table, and writes it to ``.crosscloud/reports/bench.md``."""

import os
import platform
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from crosscloud import paths
from tests.bench import boot, clouds, deploy, preview, terraform
from tests.bench.figures import Figure
from tests.cluster.project import TestStack

#: Each part gives figures; they share one cluster, in this order.
PARTS: list[Callable[[TestStack, int], list[Figure]]] = [
    boot.figures,
    preview.figures,
    deploy.figures,
    boot.repeated,
    clouds.figures,
    terraform.figures,
]


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    found: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        stack = TestStack(Path(folder) / "bench", "bench")
        stack.configure()
        try:
            for part in PARTS:
                found += part(stack, runs)
                print(f"{part.__module__}: done", flush=True)
        finally:
            stack.crosscloud("down", check=False)
    text = _table(found, runs)
    report = paths.home() / "reports" / "bench.md"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(text)
    print(text)


def _table(figures: list[Figure], runs: int) -> str:
    lines = [
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {os.cpu_count()} cores, Linux {platform.release()}; "
        f"medians of {runs} runs, with the range.",
        "",
        "| what | median | range | unit |",
        "|---|---|---|---|",
    ]
    for figure in figures:
        low, high = min(figure.values), max(figure.values)
        lines.append(f"| {figure.name} | {median(figure.values):.2f} | {low:.2f} to {high:.2f} | {figure.unit} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
