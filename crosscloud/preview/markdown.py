"""Putting text that anybody may have written into Markdown for GitLab, where it must be nothing but text.

Values come from stack files, providers and clouds. None of them may become markup, an HTML tag, a link, a mention
(``@group``), a reference (``#12``, ``!34``) or a quick action (``/merge`` at the beginning of a line), nor end the
fence that it stands in. GitLab looks for references in all text but code, after the Markdown is rendered, so that a
backslash alone keeps it from nothing: https://docs.gitlab.com/user/markdown/#gitlab-specific-references
"""

import re

#: A space of no width: parts what GitLab would read as one, and is not seen.
_APART = "\N{ZERO WIDTH SPACE}"
#: What begins a reference, a mention or a formula before a word, an emoji, or a mark of a difference (``{+new+}``).
_SIGIL = re.compile(r"([@#!$%~&^])(?=[\w\"'-])|([\[*])(?=[a-z_]+:)|(:)(?=[\w+-]+:)|([\[{])(?=[+-])")
#: What GitLab makes links of by itself, and references that begin with a word (``GL-12``, ``snippet``).
_LINK = re.compile(r"(?i)(\b[a-z][a-z0-9+.-]*:)(?=//)|(\bwww)(?=\.)|(\bmailto:)")
_ISSUE = re.compile(r"\b([A-Z][A-Z0-9_]+-)(?=\d)")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>|~&$^])|^([-+#=]|\d+(?=[.)]))")
#: Colours, other control characters, and what turns the direction of writing.
_UNSEEN = re.compile(
    r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_SPAN = re.compile(r"(`[^`]+`)")
_TICKS = re.compile(r"`+")


def plain(text: object) -> str:
    """Return a text without colours and what else can't be seen; its lines stay."""
    return _UNSEEN.sub("", str(text).replace("\r\n", "\n"))


def one_line(text: object) -> str:
    """Return a text in one line."""
    return " ".join(plain(text).split())


def prose(text: object) -> str:
    """Return a text as Markdown that shows just that, within a paragraph, a list or a table.

    What stands between backticks in it is shown as code.
    """
    parts = _SPAN.split(one_line(text))
    return "".join(code(part[1:-1]) if index % 2 else _words(part) for index, part in enumerate(parts))


def _words(text: str) -> str:
    safe = _LINK.sub(lambda found: f"{found[0]}\0", text)
    safe = _ISSUE.sub("\\1\0", _SIGIL.sub(lambda found: f"{found[0]}\0", safe))
    return _MARKUP.sub(_escaped, safe).replace("\0", _APART)


def _escaped(found: re.Match[str]) -> str:
    return f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}"


def code(text: object, *, limit: int = 200) -> str:
    """Return a text as a code span, cut at ``limit`` characters."""
    shown = one_line(text)
    shown = f"{shown[:limit]}…" if len(shown) > limit else shown
    ticks = "`" * (max((len(run) for run in _TICKS.findall(shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") or not shown else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def cell(text: object, *, limit: int = 200) -> str:
    """Return a text as a code span in a table, where a bar ends even that."""
    return code(text, limit=limit).replace("|", "\\|")


def fence(text: str, language: str = "") -> str:
    """Return a text as a block of code that nothing in it can end."""
    shown = plain(text)
    ticks = "`" * max(3, max((len(run) for run in _TICKS.findall(shown)), default=0) + 1)
    return f"{ticks}{language}\n{shown.rstrip()}\n{ticks}"
