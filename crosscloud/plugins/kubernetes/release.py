"""``kubernetes:helm.sh/v3:Release``: a chart installed by the genuine helm."""

from collections.abc import Mapping
from typing import Any

from crosscloud.plugins.base import (
    UNKNOWN,
    Call,
    CheckFailure,
    Diff,
    PartialFailure,
    PluginError,
    Read,
    Resource,
    Values,
    has_unknown,
    reveal,
)
from crosscloud.plugins.kubernetes import chart, naming, record, release_inputs
from crosscloud.plugins.kubernetes.chart import Charts
from crosscloud.plugins.kubernetes.cluster import Cluster
from crosscloud.plugins.kubernetes.helm import Helm, HelmError
from crosscloud.plugins.kubernetes.record import Record
from crosscloud.plugins.kubernetes.release_run import ReleaseRun

#: Helm's words for what another resource of the same update may still bring: no reason to fail a preview.
_MAY_STILL_COME = (
    "no matches for kind",
    "ensure CRDs are installed first",
    "namespaces",
    "failed to get API group resources",
)


class Release(Resource):
    """Helm releases."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._helm = Helm(cluster.settings)
        self._charts = Charts(self._helm)

    def close(self) -> None:
        """Stop helm if it runs."""
        self._helm.stop()

    def _run(self, call: Call, inputs: Mapping[str, Any]) -> ReleaseRun:
        return ReleaseRun(self._cluster, self._helm, self._charts, call, reveal(inputs))

    def check(self, call: Call, old: Values, new: Values) -> tuple[Mapping[str, Any], list[CheckFailure]]:
        """Fill in defaults, the name and the namespace, and find the chart and its exact version."""
        if self._cluster.settings.on("skipUpdateUnreachable") and self._cluster.trouble:
            call.log("warning", "the cluster is unreachable and skipUpdateUnreachable is on: left as it is")
            return old, []
        try:
            inputs = release_inputs.complete(new)
        except PluginError as error:
            return new, [CheckFailure("valueYamlFiles", str(error))]
        if inputs["name"] == "":
            inputs["name"] = old.get("name") or f"{call.name}-{naming.random_hex(call.seed)}"
        if inputs["namespace"] == "":
            inputs["namespace"] = self._cluster.namespace
        if inputs["verify"] is True and not inputs["keyring"]:
            inputs["keyring"] = "~/.gnupg/pubring.gpg"
        failures = self._settle_version(inputs)
        if inputs["recreatePods"] is True:
            call.log("warning", "helm 3 no longer recreates pods: recreatePods has no effect")
        return Values(inputs, new.secret_paths), failures

    def _settle_version(self, inputs: dict[str, Any]) -> list[CheckFailure]:
        asked = {key: inputs.get(key) for key in ("chart", "version", "repositoryOpts", "devel", "verify", "keyring")}
        if has_unknown(asked):
            return []
        if not asked["chart"]:
            return [CheckFailure("chart", "is missing: the name of a chart, or the path of its folder or archive")]
        try:
            found = chart.metadata(self._charts.locate(reveal(asked)))
        except PluginError as error:
            return [CheckFailure("chart", f"{error}; check the chart name and repository configuration")]
        if found.get("type") == "library":
            return [CheckFailure("chart", "is a library chart, which can't be installed")]
        inputs["version"] = str(found["version"])
        return []

    def diff(self, _call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new_inputs: Values) -> Diff:
        """Compare with the state; a new name or namespace is a new release.

        A release that a killed update left pending is a change as well, even if the program was changed back since.
        """
        changes = release_inputs.compare(old_inputs, old_outputs, new_inputs)
        if changes.any or self._cluster.trouble:
            return changes
        driver, where = self._cluster.settings.helm_driver, naming.split(resource_id)
        pending = record.is_pending(self._cluster.api, driver, *where)
        return Diff({"status.status": "update"}, inputs=False) if pending else changes

    def create(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Install it and wait until it works."""
        if call.preview:
            return "", self._preview(call, inputs, None)
        self._cluster.wait(call)
        run = self._run(call, inputs)
        made = self._finish(run, inputs, run.install)
        return run.id, made

    def update(
        self, call: Call, _id: str, _old_inputs: Values, old_outputs: Values, new_inputs: Values
    ) -> Mapping[str, Any]:
        """Upgrade it and wait until it works."""
        if call.preview:
            return self._preview(call, new_inputs, old_outputs)
        self._cluster.wait(call)
        run = self._run(call, new_inputs)
        return self._finish(run, new_inputs, run.upgrade)

    def _finish(self, run: ReleaseRun, inputs: Values, work: Any) -> Values:
        reasons: list[str] = work()
        live = run.record()
        if live is None:
            raise PluginError(f"helm release {run.id} failed and was removed again: " + "\n".join(reasons))
        outputs = release_inputs.outputs(inputs, live)
        if reasons:
            raise PartialFailure(run.id, outputs, reasons)
        return outputs

    def _preview(self, call: Call, inputs: Values, old: Values | None) -> Values:
        """Have helm render it and the server look at it, unless something isn't known yet."""
        if self._cluster.trouble:
            call.log("warning", f"the cluster is unreachable, so the release is not rendered: {self._cluster.trouble}")
        elif not has_unknown(inputs):
            run = self._run(call, inputs)
            try:
                run.dry_run(new=old is None)
            except HelmError as error:
                if not any(words in str(error) for words in _MAY_STILL_COME):
                    raise
                call.log("debug", f"the preview of the release is incomplete: {error}")
        return release_inputs.outputs(inputs, None)

    def read(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> Mapping[str, Any] | None:
        """Look at helm's record of it, and whether its objects are still there."""
        if self._cluster.trouble and self._cluster.settings.on("skipUpdateUnreachable"):
            return Read(outputs, inputs=inputs)
        if self._cluster.give_up(call, f"helm release {resource_id}"):
            return None
        namespace, name = naming.split(resource_id)
        live = record.latest(self._cluster.api, self._cluster.settings.helm_driver, namespace, name)
        if live is None or live.status == "uninstalled":
            return None
        recorded = outputs.get("__inputs") or inputs
        asked = Values(recorded, inputs.secret_paths) if recorded else release_inputs.imported(live)
        made = release_inputs.outputs(asked, live)
        if live.status == "deployed" and self._missing(live, namespace):
            made["status"] = {**made["status"], "status": release_inputs.INCOMPLETE}
        return Read(made, inputs=asked)

    def _missing(self, live: Record, namespace: str) -> bool:
        api = self._cluster.api
        for each in live.objects():
            metadata = each["metadata"]
            where = metadata.get("namespace") or namespace
            if api.get(each["apiVersion"], each["kind"], where, metadata["name"]) is None:
                return True
        return False

    def delete(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Uninstall it and wait until its objects are gone."""
        if self._cluster.give_up(call, f"helm release {resource_id}"):
            return
        namespace, name = naming.split(resource_id)
        known = {k: v for k, v in (outputs or inputs).items() if v is not UNKNOWN}
        self._run(call, {**known, "namespace": namespace, "name": name}).uninstall()
