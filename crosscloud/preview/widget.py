"""GitLab's own widget on a merge request: ``artifacts:reports:terraform``.

Its numbers are those of Terraform's plans, where a replacement is a deletion and a creation: GitLab's documentation
counts the actions of each resource, of which a replacement has both.
https://docs.gitlab.com/user/infrastructure/iac/mr_integration/
"""

import json

from crosscloud.preview.model import Preview


def report(preview: Preview) -> dict[str, int]:
    """Return the numbers of the widget."""
    counts = preview.counts
    return {
        "create": counts.create + counts.replace,
        "update": counts.update,
        "delete": counts.delete + counts.replace,
    }


def text(preview: Preview) -> str:
    """Return the report's file."""
    return json.dumps(report(preview)) + "\n"
