"""What the documents name is there: the files and headings they link to, the commands, options, targets and files."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from crosscloud.paths import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
#: Code that begins so is a path from the repository's root.
FOLDERS = ("components/", "crosscloud/", "docs/", "policy/", "tests/", "toolchain/", ".gitlab/")
#: Names that stand for any, the project that documents add as an example, and a label of nodes.
NO_FILE = re.compile(r"[<>*…]|fluxion|^crosscloud/generation$")

documents = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))


def tokens(document: Path) -> Iterator[Token]:
    """Yield everything of a document, what is inside of lines after the line itself."""
    for token in parsed(document):
        yield token
        yield from token.children or ()


@cache
def parsed(document: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(document.read_text())


@cache
def anchors(document: Path) -> frozenset[str]:
    """Return the anchors of a document's headings, as GitLab and GitHub make them."""
    found = parsed(document)
    titles = [after.content for token, after in pairwise(found) if token.type == "heading_open"]
    return frozenset(re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles)


def code(document: Path) -> Iterator[str]:
    """Yield each line of code that a reader may type, and each word of code in the text."""
    for token in tokens(document):
        if token.type == "code_inline":
            yield " ".join(token.content.split())
        elif token.type == "fence" and token.info in ("console", "shell", "sh", ""):
            for line in token.content.replace("\\\n", " ").splitlines():
                yield line.removeprefix("$ ").strip()


def words(line: str) -> list[str]:
    """Return the words of a command up to its end: no comment, and nothing of what follows it in the shell."""
    parts = shlex.shlex(line, posix=True, punctuation_chars=True)
    parts.whitespace_split = True
    try:
        found = list(parts)
    except ValueError:  # a quote in a line of output
        return line.split()
    return found[: next((i for i, part in enumerate(found) if part in {"&&", "|", ";", ">"}), len(found))]


def command(name: str) -> Iterator[tuple[str, list[str]]]:
    """Yield every use of a command in all documents with its document and the words after the command's own."""
    for document in DOCUMENTS:
        for line in code(document):
            if line.startswith((f"{name} ", f".venv/bin/{name} ")):
                yield str(document.relative_to(ROOT)), words(line)[1:]


@documents
def test_every_link_leads_somewhere(document: Path) -> None:
    links = [token.attrs.get("href") or token.attrs.get("src") for token in tokens(document)]
    for link in {str(link) for link in links if link}:
        path, _, anchor = link.partition("#")
        if "://" in path:
            continue
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), f"{link}: there is no such file"
        assert not anchor or anchor in anchors(target), f"{link}: there is no such heading"


@documents
def test_every_file_that_is_named_is_there(document: Path) -> None:
    for token in tokens(document):
        name = token.content.split(":")[0]
        if token.type != "code_inline" or not name.startswith(FOLDERS) or NO_FILE.search(name) or " " in name:
            continue
        assert (ROOT / name).exists(), f"there is no {name}"


def test_every_command_and_option_is_one_of_ours() -> None:
    from typer.main import get_command

    from crosscloud.cli.app import app

    seen = set()
    for document, arguments in command("crosscloud"):
        at: Any = get_command(app)
        rest = list(arguments)
        while rest and hasattr(at, "commands") and re.fullmatch(r"[a-z][a-z0-9-]*", rest[0]):
            assert rest[0] in at.commands, f"{document}: crosscloud {' '.join(arguments)}"
            at = at.commands[rest.pop(0)]
        known = {option for parameter in at.params for option in (*parameter.opts, *parameter.secondary_opts)}
        used = {part.partition("=")[0] for part in rest if re.match(r"--?[a-z]", part)}
        assert used <= {*known, "--help"}, f"{document}: crosscloud {' '.join(arguments)}"
        seen.add(at.name)
    assert {"up", "preview", "note", "collect", "rehearse"} <= seen


def test_every_target_is_one_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    used = [(document, part) for document, rest in command("make") for part in rest[:1]]
    assert {target for _, target in used} >= {"up", "down", "test", "rehearse", "pipeline"}
    assert not [(document, target) for document, target in used if target not in targets]


def test_every_module_that_is_to_be_run_is_there() -> None:
    names = [rest[1] for _, rest in command("python") if rest[:1] == ["-m"]]
    assert names
    for name in names:
        place = ROOT / name.replace(".", "/")
        assert place.with_suffix(".py").exists() or (place / "__main__.py").exists(), f"python -m {name}"
