"""Markdown as GitLab shows it, near enough to be looked at: GitLab itself is not run.

Markdown of GitHub's flavour is rendered, the HTML in it cleaned by GitLab's list of what is allowed, and then the text
outside of code is searched for what GitLab makes links of: mentions, references to issues, merge requests and so on.
So a note that would mention a group or link to an issue does so here, too.

https://docs.gitlab.com/user/markdown/ and, for the list, the ``SanitizationFilter`` of html-pipeline with GitLab's own
additions (``details``, ``summary``, ``span``, ``abbr``, ``figure``).
"""

import html
import re
from html.parser import HTMLParser

_ELEMENTS = """
h1 h2 h3 h4 h5 h6 br b i strong em a pre code img tt div ins del sup sub p ol ul table thead tbody tfoot blockquote
dl dt dd kbd q samp var hr li tr td th s strike summary details span abbr figure figcaption
"""
_ALLOWED = set(_ELEMENTS.split())
_EMPTY = {"br", "hr", "img"}
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt"}, "th": {"style"}, "td": {"style"}, "code": {"class"}}
_GONE = {"script", "style", "iframe", "object", "template"}
_UNREFERENCED = {"code", "pre", "a"}
#: @group, #12, !34, ~label, %milestone, $snippet, &epic, GL-12: not after a word, as GitLab's own patterns have it.
_REFERENCES = re.compile(
    r"(?<![\w`/])([@~%][A-Za-z][\w./-]*|[#!$&]\d+|[A-Z][A-Z0-9_]+-\d+|\[(?:issue|vulnerability):\d+)"
)
_URL = re.compile(r"(?<![\w])(https?://[^\s<>]+|www\.[^\s<>]+)")
#: A line that would do something: https://docs.gitlab.com/user/project/quick_actions/
_QUICK_ACTION = re.compile(r"^/[a-z_]+\b", re.MULTILINE)
_FENCES = re.compile(r"^ {0,3}(`{3,})[^`\n]*\n.*?^ {0,3}\1`*\s*$", re.MULTILINE | re.DOTALL)

_STYLE = """
body { margin: 0; padding: 16px; background: #fff; color: #333238;
  font: 14px/1.5 -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
.note { max-width: 990px; border: 1px solid #dcdcde; border-radius: 4px; padding: 12px 16px; }
h3 { font-size: 18px; margin: 0 0 8px; } h3 code { font-size: 16px; }
p, ul, table, pre, details, blockquote { margin: 0 0 12px; }
code { background: #ececef; border-radius: 4px; padding: 2px 4px; font: 12.6px/1.4 "DejaVu Sans Mono", monospace;
  overflow-wrap: break-word; }
pre { background: #fbfafd; border: 1px solid #dcdcde; border-radius: 4px; padding: 8px 12px; overflow-x: auto; }
pre code { background: none; padding: 0; white-space: pre; }
.add { background: #ddfbe6; } .del { background: #f9d7dc; }
.table { overflow-x: auto; } table { border-collapse: collapse; }
th, td { border: 1px solid #dcdcde; padding: 8px 12px; text-align: left; } th { border-bottom-width: 2px; }
blockquote { border-left: 3px solid #dcdcde; padding-left: 12px; color: #626168; } blockquote p { margin: 0; }
summary { cursor: pointer; } ul { padding-left: 24px; } li { overflow-wrap: break-word; }
.reference { color: #d00; font-weight: bold; }
"""


def page(markdown: str) -> str:
    """Return a whole page that shows a note's Markdown."""
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>note, rendered near to GitLab</title>'
        f'<style>{_STYLE}</style><body><div class="note">{rendered(markdown)}</div></body></html>'
    )


def rendered(markdown: str) -> str:
    """Return the HTML that a note's Markdown becomes."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("gfm-like", {"html": True, "linkify": False, "highlight": _highlighted})
    cleaner = _Cleaner()
    cleaner.feed(parser.render(markdown))
    cleaner.close()
    return "".join(cleaner.out).replace("<table>", '<div class="table"><table>').replace("</table>", "</table></div>")


def quick_actions(markdown: str) -> list[str]:
    """Return the lines that GitLab would do something on, and not show."""
    return _QUICK_ACTION.findall(_FENCES.sub("", markdown))


def _highlighted(code: str, language: str, _attributes: str) -> str:
    if language != "diff":
        return html.escape(code)
    marks = {"+": "add", "-": "del"}
    lines = [(marks.get(line[:1]), html.escape(line)) for line in code.splitlines()]
    return "\n".join(f'<span class="{mark}">{line}</span>' if mark else line for mark, line in lines)


class _Cleaner(HTMLParser):
    """Keeps the elements of the list, drops comments, and marks what GitLab would make links of."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._open: list[str] = []
        self._gone = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._gone += tag in _GONE
        if tag not in _ALLOWED or self._gone:
            return
        allowed = _ATTRIBUTES.get(tag, set()) | ({"class"} if tag == "span" else set())
        kept = [(name, value or "") for name, value in attrs if name in allowed and not _leads_astray(name, value)]
        self.out.append("".join([f"<{tag}", *(f' {name}="{html.escape(value)}"' for name, value in kept), ">"]))
        if tag not in _EMPTY:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self._gone -= tag in _GONE
        if tag in self._open:
            while self._open:
                last = self._open.pop()
                self.out.append(f"</{last}>")
                if last == tag:
                    break

    def handle_data(self, data: str) -> None:
        if self._gone:
            return
        text = html.escape(data, quote=False)
        if not _UNREFERENCED & set(self._open):
            text = _REFERENCES.sub(r'<a class="reference">\1</a>', _URL.sub(r'<a class="reference">\1</a>', text))
        self.out.append(text)


def _leads_astray(name: str, value: str | None) -> bool:
    return name in ("href", "src") and not re.match(r"(https?:|mailto:|/|#)", value or "")
