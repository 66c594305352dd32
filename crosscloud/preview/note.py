"""The note on a merge request: what a preview found, as GitLab shows Markdown.

What matters stands before the fold; the full difference is in it. A note has a budget: when it is too long, resources
are left out of the difference, from its end, and it says so. The lists before the fold have limits of their own, so
that the budget always holds.
"""

import os
from collections.abc import Iterator, Sequence
from textwrap import indent
from typing import Any

from crosscloud.gitlab.marked import marker
from crosscloud.preview import diff, releases, summary, words
from crosscloud.preview.markdown import cell, code, fence, prose
from crosscloud.preview.model import Advice, Diagnostic, Op, Preview
from crosscloud.problems import counted

#: GitLab refuses notes of more than 1,000,000 characters; it also stops rendering long ones after some seconds, so this
#: stays well below: https://docs.gitlab.com/administration/instance_limits/#size-of-comments-and-descriptions
BUDGET = 250_000
#: How many lines the lists before the fold may have.
_LINES = 50
#: Characters of the errors that are shown.
_ERRORS = 10_000
_OPS = {Op.DELETE: "deleted", Op.REPLACE: "replaced"}


def render(preview: Preview, *, budget: int = BUDGET) -> str:
    """Return the note."""
    said = words.say(preview)
    head = _fill(preview, said, diff="", diff_left="")
    shown, left = _difference(preview, budget - len(head) - 1000)
    return _fill(preview, said, diff=shown, diff_left=left)


def _fill(preview: Preview, said: words.Said, **fold: str) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(  # noqa: S701 - Markdown: what is filled in has been made plain text by `markdown`
        loader=PackageLoader("crosscloud.preview"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    text = environment.get_template("note.md.j2").render(**_parts(preview, said), **fold)
    return text.rstrip() + "\n"


def _parts(preview: Preview, said: words.Said) -> dict[str, Any]:
    grave = summary.grave(preview)
    findings = _findings(preview)
    return {
        "preview": preview,
        "marker": marker("preview", preview.stack),
        "name": code(preview.stack),
        "result": _result(preview),
        "policies": f"**{summary.policies(preview)}**" if preview.mandatory else summary.policies(preview),
        "facts": " · ".join(_facts(preview)),
        "alarms": [prose(one) for one in summary.alarms(preview, said.lost)],
        "about": f"Cluster {code(said.cluster)}",
        "sentences": [prose(one) for one in said.sentences[:_LINES]],
        "grave": [_grave(one) for one in grave[:_LINES]],
        "grave_left": max(0, len(grave) - _LINES),
        "deletes": any(one.op is Op.DELETE for one in grave),
        "replaces": any(one.op is Op.REPLACE for one in grave),
        "releases": [_released(one) for one in said.releases],
        "findings": findings[:_LINES],
        "findings_left": max(0, len(findings) - _LINES),
        "errors": list(_errors(preview.errors)),
        "advice": [_advised(one) for one in preview.advice[:_LINES]],
        "resources": [prose(one) for one in said.resources[:10]],
        "resources_left": max(0, len(said.resources) - 10),
        "warnings": [prose(one) for one in preview.warnings[:_LINES]],
        "warnings_title": counted(len(preview.warnings), "warning"),
        "diff_title": f"Full difference: {counted(len(preview.changed), 'resource')}",
    }


def _result(preview: Preview) -> str:
    result = summary.result(preview)
    return code(result) if result == str(preview.counts) else f"**{result}**"


def _facts(preview: Preview) -> Iterator[str]:
    if preview.commit:
        yield f"commit {code(preview.commit[:8])}"
    if preview.seconds:
        yield f"previewed in {preview.seconds:.0f} s"
    if preview.counts.same:
        yield f"{preview.counts.same} unchanged"
    if preview.fresh:
        yield "the stack is not there yet"
    if preview.rehearsed:
        yield "**rehearsal: the cloud is simulated**"
    url = os.environ.get("CI_JOB_URL", "")
    if url.startswith(("https://", "http://")) and not set(url) & set("()<> \n"):
        yield f"[job]({url})"


def _grave(one: summary.Grave) -> dict[str, str]:
    number = f" \N{MULTIPLICATION SIGN}\N{NO-BREAK SPACE}{len(one.names)}" if len(one.names) > 1 else ""
    return {
        "what": _OPS[one.op],
        "type": f"{cell(one.type.rpartition(':')[2])}{number}",
        "names": cell(one.shown, limit=600),
        "cause": _cause(one.cause),
    }


def _cause(cause: str) -> str:
    if not cause or cause == summary.WITH_OTHERS:
        return prose(cause)
    return cell(cause)


def _released(one: releases.ReleaseChange) -> dict[str, str]:
    return {"title": prose(one.title), "old": cell(one.shown(one.old)), "new": cell(one.shown(one.new))}


def _findings(preview: Preview) -> list[dict[str, Any]]:
    """Return the findings as Markdown, the mandatory ones first, those of one policy together."""
    groups: dict[tuple[bool, str, str], list[str]] = {}
    for finding in [*preview.mandatory, *preview.advisory]:
        rule, _, what = finding.message.partition("\n")
        groups.setdefault((finding.mandatory, finding.policy, rule), []).append(what or finding.resource_name)
    return [
        {
            "says": f"{'**mandatory**' if mandatory else 'advisory'} {code(policy)}: {prose(rule)}",
            "details": [prose(one) for one in details[:_LINES] if one],
        }
        for (mandatory, policy, rule), details in groups.items()
    ]


def _errors(errors: Sequence[Diagnostic]) -> Iterator[str]:
    """Yield errors as Markdown: of one line as a text that wraps, of several as they are."""
    left = _ERRORS
    for error in errors:
        name = f"{code(error.name)}: " if error.name else ""
        message = error.message[:left]
        left -= len(message)
        if "\n" not in message:
            yield f"- {name}{prose(message)}"
        else:
            # indented, so that no line begins as a quick action does
            block = fence(indent(message, "  "))
            yield f"{name.strip()}\n\n{block}\n" if name else f"{block}\n"
        if left <= 0:
            yield "- … and more, in the job's log"
            return


def _advised(one: Advice) -> dict[str, Any]:
    return {"says": f"{code(one.about)}: {prose(one.says)}", "steps": [prose(step) for step in one.steps]}


def _difference(preview: Preview, budget: int) -> tuple[str, str]:
    """Return the fence with as many resources as the budget takes, and what to say of those that it doesn't."""
    blocks: list[str] = []
    used = 0
    for change in preview.changed:
        block = "\n".join(diff.resource(change, diff.NOTE_VALUE))
        used += len(block) + 2
        if used > budget:
            left = len(preview.changed) - len(blocks)
            told = f"**{counted(left, 'resource')} more would make this note too long**: the whole difference is in"
            return fence("\n\n".join(blocks), "diff"), f"{told} `diff.txt` among the job's artifacts."
        blocks.append(block)
    return (fence("\n\n".join(blocks), "diff"), "") if blocks else ("", "")
