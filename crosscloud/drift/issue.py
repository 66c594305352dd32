"""The one issue of a stack that drifts: opened, kept up to date, and closed when the stack is clean again."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from crosscloud.drift import words
from crosscloud.drift.model import Drift
from crosscloud.errors import CrosscloudError
from crosscloud.preview import diff, summary
from crosscloud.preview.markdown import code, fence, prose
from crosscloud.preview.model import Change
from crosscloud.preview.words import say
from crosscloud.problems import counted

if TYPE_CHECKING:
    import gitlab

    from crosscloud.gitlab.marked import Posted

LABEL = "drift"
#: How many lines each list of an issue may have, and characters the difference in its fold.
_LINES, _FOLD = 50, 200_000


def put(gl: "gitlab.Gitlab", project: str, stack: str, drift: Drift | None, *, rehearsed: bool = False) -> "Posted":
    """Make the stack's issue say what drifted; close it if nothing does, or if there is no such stack any more."""
    from crosscloud.gitlab.issues import close_issue, open_issue
    from crosscloud.gitlab.marked import marker

    mark = marker("drift", f"{stack}-rehearsal" if rehearsed else stack)
    if drift and drift.drifts:
        headline = words.title(drift)
        text = f"{headline[0].upper()}{headline[1:]}"
        return open_issue(gl, project, marker=mark, title=text, body=body(drift), labels=[LABEL])
    why = "is as it should be again" if drift else "is not there any more"
    comment = f"Stack {code(stack)} {why}{_job()}."
    return close_issue(gl, project, marker=mark, comment=comment)


def body(drift: Drift) -> str:
    """Return the issue's description, the same for the same drift."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(  # noqa: S701 - Markdown: what is filled in has been made plain text by `markdown`
        loader=PackageLoader("crosscloud.drift"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("issue.md.j2").render(**_parts(drift)).rstrip() + "\n"


def project_of(env: Mapping[str, str] = os.environ) -> str:
    """Return the project whose issues tell of drift: the pipeline's own."""
    found = env.get("CI_PROJECT_ID") or env.get("CI_PROJECT_PATH")
    if not found:
        raise CrosscloudError(
            "--issue needs a project: CI_PROJECT_PATH names it (`group/project`) outside of pipelines"
        )
    return found


def _parts(drift: Drift) -> dict[str, Any]:
    preview = drift.preview
    changed, fold = [_line(*one) for one in words.behind(drift)], diff.text(preview)
    unapplied = [_line(*one) for one in words.unapplied(drift)]
    said = say(preview)
    return {
        "stack": code(drift.stack),
        "rehearsed": preview.rehearsed,
        "counts": code(preview.counts),
        "behind": changed[:_LINES],
        "behind_left": max(0, len(changed) - _LINES),
        "unapplied": unapplied[:_LINES],
        "unapplied_left": max(0, len(unapplied) - _LINES),
        "sentences": [prose(one) for one in said.sentences[:_LINES]],
        "grave": [f"{one.op}: {one.type.rpartition(':')[2]} {one.shown}" for one in summary.grave(preview)][:_LINES],
        "command": code(f"crosscloud up -s {drift.stack}"),
        "diff_title": f"What an update would change: {counted(len(preview.changed), 'resource')}",
        "diff": fence(fold[:_FOLD], "diff"),
        "diff_left": len(fold) > _FOLD,
    }


def _line(change: Change, how: str) -> str:
    """Return one resource as Markdown; what its properties are is nobody's prose."""
    told = code(how, limit=600) if change.differences else prose(how)
    return f"{code(change.type.rpartition(':')[2])} {code(change.name)}: {told}"


def _job() -> str:
    url = os.environ.get("CI_JOB_URL", "")
    fits = url.startswith(("https://", "http://")) and not set(url) & set("()<> \n")
    return f", says [this job]({url})" if fits else ""
