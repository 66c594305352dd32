"""Text that anybody may have written stays text, as GitLab would render it."""

import html as entities
import re

import pytest

from crosscloud.preview.markdown import cell, code, fence, one_line, prose
from tests.browser.gitlab import quick_actions, rendered

HOSTILE = [
    "@all please",
    "closes #12 and !34, see ~bug %v1 $7 &8 GL-12 [issue:3] [vulnerability:9]",
    "/close",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "</details><h1>free</h1>",
    "[click](https://evil.example) ![pixel](https://evil.example/p.png)",
    "https://evil.example/a and www.evil.example",
    "**bold** _it_ ~~gone~~ # head | cell | $x^2$ {+added+} [-gone-] :tada:",
    "ends with a tick ` and ``` fences ````",
    "- item",
    "1. item",
    "> quote",
    "=====",
    "<!-- crosscloud:preview:other -->",
    "a\x1b[31mred\x1b[0m\x07 and \u202ereversed",
    "a\n/merge\n\n# b",
    "\\@all \\` &commat;all &#64;all",
]


def seen(html: str) -> str:
    """Return the text that a page shows, without what has no width."""
    return entities.unescape(re.sub(r"<[^>]+>", "", html)).replace("\N{ZERO WIDTH SPACE}", "").strip()


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("form", [prose, code])
def test_a_text_shows_as_itself_and_does_nothing(form: object, text: str) -> None:
    markdown = f"- {form(text)}"  # type: ignore[operator]
    html = rendered(markdown)
    assert set(re.findall(r"<(\w+)", html)) <= {"ul", "li", "code"}, html
    assert html.count("<li>") == 1
    assert quick_actions(markdown) == []
    if "`" not in text:
        assert seen(html) == one_line(text)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("form", [prose, cell])
def test_a_text_stays_in_its_cell(form: object, text: str) -> None:
    html = rendered(f"| a | b |\n|---|---|\n| {form(text)} | x |")  # type: ignore[operator]
    assert html.count("<td>") == 2
    assert "<td>x</td>" in html


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_ends_a_fence(text: str) -> None:
    markdown = fence(f"  first\n  {text}\n```\n~~~\n  last") + "\n\nafter"
    html = rendered(markdown)
    assert html.count("<pre>") == 1
    assert html.index("last") < html.index("</pre>") < html.index("after")
    assert quick_actions(markdown) == []


def test_what_stands_between_backticks_is_code() -> None:
    assert prose("run `make up` @all") == "run `make up` @\N{ZERO WIDTH SPACE}all"


def test_keys_of_a_stack_file_can_be_copied() -> None:
    assert prose("Set crosscloud:apiAccessCidrs, or crosscloud:aws.zones[0]") == (
        "Set crosscloud:apiAccessCidrs, or crosscloud:aws.zones\\[0\\]"
    )


def test_a_long_span_is_cut() -> None:
    assert code("x" * 300) == f"`{'x' * 200}…`"
