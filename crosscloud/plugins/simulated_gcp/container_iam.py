"""Roles in a project, as far as a cluster's nodes have any: they are noted, and ask nobody anything here."""

import re
from collections.abc import Iterator
from typing import Any

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, PluginError, Values
from crosscloud.plugins.simulated_gcp.base import GoogleResource

#: https://cloud.google.com/iam/docs/reference/rest/v1/Policy#Binding
_MEMBER = re.compile(r"(user|serviceAccount|group|domain|principal|principalSet):\S+")
_ROLE = re.compile(r"(roles/[\w.]+|(projects|organizations)/[\w-]+/roles/[\w.]+)")


class IAMMember(GoogleResource):
    """One member's role in a project."""

    sdk = "pulumi_gcp.projects:IAMMember"
    collection = "iamMembers"
    autoname = ""
    computed = ("etag",)
    replace_on = frozenset({"*"})

    def rules(self, _call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold member, role and project to their forms."""
        forms = {"member": (_MEMBER, "serviceAccount:EMAIL"), "role": (_ROLE, "roles/container.viewer")}
        for place, (form, example) in forms.items():
            value = new.get(place)
            if value is not UNKNOWN and not form.fullmatch(str(value)):
                yield CheckFailure(place, f"{value!r} is not of the form that IAM takes, such as {example}")
        if new.get("project") == "":
            yield CheckFailure("project", "is empty; the project's id")

    def identify(self, _call: Call, inputs: Values) -> str:
        """Return "PROJECT/ROLE/MEMBER", as the provider does."""
        return f"{inputs['project']}/{inputs['role']}/{inputs['member']}"

    def outputs(self, _call: Call, _resource_id: str, _inputs: Values) -> dict[str, Any]:
        """Return the policy's tag."""
        return {"etag": "BwXhqDVqxCo="}

    def make(self, call: Call, inputs: Values) -> tuple[str, Any]:
        """Refuse a service account that there is not."""
        kind, _, email = inputs["member"].partition(":")
        accounts = {one.outputs["email"] for one in self.cloud.records("Account")}
        if kind == "serviceAccount" and email.endswith(".iam.gserviceaccount.com") and email not in accounts:
            raise PluginError(
                f"Error applying IAM policy for project {inputs['project']!r}: googleapi: Error 400: Service account "
                f"{email} does not exist., badRequest"
            )
        return super().make(call, inputs)
