"""Service accounts."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, Values
from crosscloud.plugins.simulated import Record
from crosscloud.plugins.simulated_gcp.base import GoogleResource, number

#: https://cloud.google.com/iam/docs/service-accounts-create
_ACCOUNT_ID = re.compile(r"[a-z]([-a-z0-9]{4,28}[a-z0-9])")
_LONGEST_DISPLAY_NAME, _LONGEST_DESCRIPTION = 100, 256


class Account(GoogleResource):
    """A service account of a project."""

    sdk = "pulumi_gcp.serviceaccount:Account"
    collection = "serviceAccounts"
    autoname = ""
    computed = ("email", "member", "name", "uniqueId")
    replace_on = frozenset({"accountId", "project"})

    def rules(self, _call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold the id to Google's rule, and the texts to their lengths."""
        account = new.get("accountId")
        if account is None:
            yield CheckFailure("accountId", "is missing: it is required")
        elif account is not UNKNOWN and not _ACCOUNT_ID.fullmatch(account):
            yield CheckFailure("accountId", f"{account!r} has to be 6 to 30 lower-case letters, digits and hyphens")
        for place, longest in (("displayName", _LONGEST_DISPLAY_NAME), ("description", _LONGEST_DESCRIPTION)):
            text = new.get(place)
            if isinstance(text, str) and len(text) > longest:
                yield CheckFailure(place, f"has {len(text)} characters; Google takes {longest}")

    def identify(self, _call: Call, inputs: Values) -> str:
        """Return "projects/P/serviceAccounts/EMAIL"."""
        return f"projects/{self.project(inputs)}/serviceAccounts/{self._email(inputs)}"

    def outputs(self, call: Call, resource_id: str, inputs: Values) -> Mapping[str, Any]:
        """Return the account's address and what policies call it."""
        email = self._email(inputs)
        return {
            "project": self.project(inputs),
            "email": email,
            "member": f"serviceAccount:{email}",
            "name": resource_id,
            "uniqueId": number(resource_id, call.urn),
        }

    def taken(self, _call: Call, record: Record) -> str:
        """Return Google's words."""
        account = record.inputs["accountId"]
        return (
            f"Error creating service account: googleapi: Error 409: Service account {account} already exists within "
            f"project {record.outputs['project']}., alreadyExists"
        )

    def _email(self, inputs: Values) -> str:
        return f"{inputs['accountId']}@{self.project(inputs)}.iam.gserviceaccount.com"
