"""Badges: small pictures (SVG) with words, for readmes and other pages."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from crosscloud.artifacts.collect.channels import CHANNELS
from crosscloud.report import names
from crosscloud.report.cells import DECIDED, Row, Standing, count, overall
from crosscloud.report.verdict import State
from crosscloud.report.words import one_line

MESSAGES = {
    State.PASSED: "passed",
    State.FAILED: "failed",
    State.INFRASTRUCTURE: "infrastructure failure",
    State.RUNNING: "running",
    State.NOT_RUN: "not run",
}

#: White text keeps 4.5:1 on each of them.
COLOURS = {
    State.PASSED: "#1a7f43",
    State.FAILED: "#c4232d",
    State.INFRASTRUCTURE: "#8f5a00",
    State.RUNNING: "#0b62c4",
    State.NOT_RUN: "#5b6470",
}
#: What the icon of the page shows beside its colour; paths on a field of 16 by 16.
MARKS = {
    State.PASSED: "m4.6 8.4 2.4 2.4 4.5-5.2",
    State.FAILED: "m5.2 5.2 5.6 5.6m0-5.6-5.6 5.6",
    State.INFRASTRUCTURE: "M8 4v5m0 3v.1",
    State.RUNNING: "M8 3.8V8l2.8 2",
    State.NOT_RUN: "M4.8 8h6.4",
}
#: How wide Verdana's characters are, in 2048ths of the font's size, from its own table (hmtx), near ones together.
#: DejaVu Sans, which takes its place on Linux, is as wide but for some hundredths.
_EM = 2048
_WIDTHS = {
    550: "'il",
    712: "fj ",
    745: ".,",
    807: "t!",
    870: "rI",
    930: "-()/:;[]|J",
    1070: "csz",
    1160: "FL?",
    1212: "kvxy",
    1240: "aeoPTY",
    1285: "bdghnpqu",
    1302: "0123456789E*_$`",
    1410: "ABCKRSVXZ",
    1494: "U&",
    1550: "DHN",
    1604: "GOQ",
    1676: "w+=<>#~^",
    1726: "M",
    2010: "mW",
    2048: "@",
    2204: "%",
}
_WIDTH = {character: width for width, characters in _WIDTHS.items() for character in characters}
#: Of characters that are not above, but for those of the scripts of East Asia, which fill a square.
_OTHER = 1302
_SIZE, _PADDING = 11, 8
#: Characters of a badge's text; more is no badge any more.
_LONGEST = 80


@dataclass(frozen=True)
class Badge:
    """A badge's file, its two texts, and the state that gives the colour."""

    file: str
    label: str
    message: str
    state: State

    @property
    def title(self) -> str:
        """What a reader of the page hears."""
        return f"{self.label}: {self.message}"

    @property
    def colour(self) -> str:
        """The colour behind the message."""
        return COLOURS[self.state]

    @property
    def left(self) -> int:
        """Width of the label's field in pixels."""
        return text_width(self.label) + 2 * _PADDING

    @property
    def right(self) -> int:
        """Width of the message's field in pixels."""
        return text_width(self.message) + 2 * _PADDING

    @property
    def width(self) -> int:
        """The badge's width in pixels."""
        return self.left + self.right


def text_width(text: str) -> int:
    """Return how wide a text is in Verdana at 11 pixels; where another font is, the badge makes its text fit."""
    return round(sum(_character(each) for each in text) * _SIZE / _EM)


def _character(character: str) -> int:
    square = unicodedata.east_asian_width(character) in {"W", "F"}
    return _EM if square else _WIDTH.get(character, _OTHER)


def badges(rows: Sequence[Row]) -> list[Badge]:
    """Return all badges: of everything, of each project, of each at a channel, and of each cell.

    Those of channels are there before the first run, so that a readme may show them.
    """
    made = [_together("overall.svg", "crosscloud", [each for row in rows for each in row.standings])]
    for project, name in names.PROJECTS.items():
        slug = names.project_slug(project)
        found = [(row, each) for row in rows for each in row.standings if each.project == project]
        made.append(_together(f"{slug}.svg", name, [each for _, each in found]))
        for channel in dict.fromkeys([*CHANNELS, *(row.cell.channel for row, _ in found)]):
            standings = [each for row, each in found if row.cell.channel == channel]
            made.append(_together(f"{slug}-{channel}.svg", f"{name} {channel}", standings))
        made += [
            Badge(
                f"{slug}-{row.cell.channel}-{row.cell.stack}.svg",
                one_line(f"{name} {row.cell.channel} on {row.title}", _LONGEST)
                + (", rehearsed" if row.newest.rehearsed else ""),
                one_line(f"{MESSAGES[each.state]} {each.version if each.state in DECIDED else ''}", _LONGEST),
                each.state,
            )
            for row, each in found
        ]
    return made


def _together(file: str, label: str, standings: Sequence[Standing]) -> Badge:
    counts = count(standings)
    state = overall(counts)
    number = counts[state]
    message = MESSAGES[state] if number == len(standings) else f"{number} of {len(standings)} {MESSAGES[state]}"
    return Badge(file, label, message, state)
