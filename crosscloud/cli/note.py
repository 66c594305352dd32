"""``crosscloud note``: the note of a preview onto its merge request."""

from pathlib import Path
from typing import Annotated

import typer

from crosscloud.cli.options import StackArgument, StackName, stack_of


def note(  # noqa: PLR0913, PLR0917 - each is an option of the command
    name: StackArgument = None,
    stack: StackName = "local",
    folder: Annotated[
        Path | None,
        typer.Option("--from", help="Where `crosscloud preview` wrote to.", show_default=".crosscloud/previews"),
    ] = None,
    project: Annotated[
        str,
        typer.Option(envvar=["CI_MERGE_REQUEST_PROJECT_ID", "CI_PROJECT_ID"], help="The project: its path or its id."),
    ] = "",
    merge_request: Annotated[
        str, typer.Option(envvar="CI_MERGE_REQUEST_IID", help="The merge request: the number in its address.")
    ] = "",
    pipeline: Annotated[
        str,
        typer.Option(envvar="CI_PIPELINE_ID", help="The pipeline's id: what a later one wrote is left as it is."),
    ] = "",
    gone: Annotated[
        bool, typer.Option("--gone", help="Say in the note of an earlier push that the stack is not touched any more.")
    ] = False,
) -> None:
    """Post what a preview found as the one note of the stack on a merge request, or update that note.

    The token comes from CROSSCLOUD_GITLAB_TOKEN (or ..._FILE, or GITLAB_TOKEN): a project access token with the role
    Reporter and the scope api. A job's own token can't write notes.
    """
    from crosscloud import paths
    from crosscloud.gitlab.client import Settings
    from crosscloud.preview.posting import Target, post, post_gone

    chosen = stack_of(name, stack)
    settings = Settings.from_environment().writing(f"the note of {chosen}")
    target = Target.of(project, merge_request, pipeline)
    if gone:
        posted = post_gone(chosen, target, settings)
    else:
        posted = post(chosen, folder or paths.home() / "previews", target, settings)
    said = {
        "none": "no changes, and no note to say so in",
        "outdated": f"left as it is, for a later pipeline wrote it: {posted.url}",
    }.get(posted.action, f"{posted.action}: {posted.url}")
    print(f"note of {chosen} on merge request !{target.merge_request}: {said}")
