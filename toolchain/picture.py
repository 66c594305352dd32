"""Draws a real run as the SVG of the README: ``make up | tee run.log; python toolchain/picture.py run.log``."""

import io
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

_STYLES = {
    r"^==> .*$": "bold cyan",
    r"^PASSED": "bold green",
    r"^FAILED": "bold red",
    r"^\d+ of \d+ checks passed.*$": "green",
    r"^\S+ is up": "bold green",
    r"^    .*: [\d.]+ s$": "dim",
}
#: What the resource display says while it waits, and refreshing, fill a page; a reader wants what was made.
_LEFT_OUT = r"^ [~+-]+ +.*(creating|refreshing|refresh|updating|deleting) \(|^    (crosscloud|kubernetes|pulumi):|^@"


def main() -> None:
    """Draw the log that the first argument names."""
    source, target = Path(sys.argv[1]), Path(__file__).parent.parent / "docs" / "images" / "make-up.svg"
    console = Console(record=True, width=132, file=io.StringIO())
    console.print(Text("$ make up", style="bold"))
    blank = False
    for line in source.read_text().splitlines():
        if re.search(_LEFT_OUT, line) or (blank and not line.strip()):
            continue
        blank = not line.strip()
        shown = line.replace(str(Path.cwd()), "~/crosscloud").rstrip()
        text = Text(shown[:132])
        for pattern, style in _STYLES.items():
            text.highlight_regex(pattern, style)
        console.print(text)
    svg = console.export_svg(title="make up")
    # the reader's own monospace font: a picture in a repository fetches nothing
    target.write_text(re.sub(r"@font-face \{.*?\}\n", "", svg, flags=re.S))


if __name__ == "__main__":
    main()
