"""One operation of helm on one release, from the lock to the reasons of a failure."""

import fcntl
import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from crosscloud.paths import home
from crosscloud.plugins.base import Call, PluginError
from crosscloud.plugins.kubernetes import naming, readiness, record
from crosscloud.plugins.kubernetes.api import ApiError
from crosscloud.plugins.kubernetes.chart import Charts
from crosscloud.plugins.kubernetes.cluster import Cluster
from crosscloud.plugins.kubernetes.explain import explain
from crosscloud.plugins.kubernetes.helm import Helm, HelmError
from crosscloud.plugins.kubernetes.record import Record

_WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job", "Pod"})
#: Inputs that are switches of helm's under another name.
_SWITCHES = {
    "cleanupOnFail": "--cleanup-on-fail",
    "createNamespace": "--create-namespace",
    "dependencyUpdate": "--dependency-update",
    "devel": "--devel",
    "disableOpenapiValidation": "--disable-openapi-validation",
    "forceUpdate": "--force",
    "renderSubchartNotes": "--render-subchart-notes",
    "resetValues": "--reset-values",
    "reuseValues": "--reuse-values",
    "skipCrds": "--skip-crds",
}
#: Seconds between two looks at what the release is waiting for.
_LOOK = 3
_TIMEOUT = 300
#: HTTP statuses by which the API server says that the object itself is wrong.
_INVALID = (400, 422)


class ReleaseRun:
    """``inputs`` are checked and plain."""

    def __init__(self, cluster: Cluster, helm: Helm, charts: Charts, call: Call, inputs: Mapping[str, Any]) -> None:
        self._cluster = cluster
        self._helm = helm
        self._charts = charts
        self._call = call
        self._inputs = inputs
        self._name, self._namespace = str(inputs["name"]), str(inputs["namespace"])
        self._looked = 0.0

    @property
    def id(self) -> str:
        """``namespace/name``."""
        return naming.join(self._namespace, self._name)

    def record(self) -> Record | None:
        """Return helm's record of the release, if there is one."""
        return record.latest(self._cluster.api, self._cluster.settings.helm_driver, self._namespace, self._name)

    def install(self) -> list[str]:
        """Install it; one that is there already is only touched when an earlier, killed run of ours made it.

        Returns the reasons why the release does not work; none when it does.
        """
        with self._lock():
            before = self.record()
            self._refuse_foreign(before)
            return self._upgrade(before)

    def upgrade(self) -> list[str]:
        """Upgrade it (or install it again when it is gone); returns the reasons why it does not work."""
        with self._lock():
            return self._upgrade(self.record())

    def _refuse_foreign(self, before: Record | None) -> None:
        if before is None or before.status == "uninstalled" or self._inputs.get("replace"):
            return
        if before.owner != naming.owner(self._call.urn) and not self._cluster.settings.on("upsertExistingObjects"):
            raise PluginError(
                f"helm release {self.id} exists already (revision {before.revision}, {before.status}) and was not made "
                "by this stack. Give it another name, or bring it into the stack with `pulumi import`"
            )

    def _upgrade(self, before: Record | None) -> list[str]:
        before = self._mend(before)
        try:
            self._run_helm(["upgrade", "--install", *self._arguments(before)])
            return []
        except HelmError as error:
            return self._failed(before, str(error))

    def _mend(self, before: Record | None) -> Record | None:
        """Free a release from an operation that was killed: we hold its lock, so nothing works on it any more."""
        if before is None or not before.pending:
            return before
        self._call.log("warning", f"helm release {self.id} was left {before.status} by a killed run: repairing it")
        record.mark_failed(self._cluster.api, self._cluster.settings.helm_driver, self._namespace, before)
        return self.record()

    def _arguments(self, before: Record | None) -> list[str]:
        inputs = self._inputs
        arguments = [self._name, str(self._charts.locate(inputs)), "--namespace", self._namespace]
        arguments += [flag for key, flag in _SWITCHES.items() if inputs.get(key)]
        if inputs.get("disableWebhooks") or (before is not None and inputs.get("disableCRDHooks")):
            arguments.append("--no-hooks")
        for key, flag in (("description", "--description"), ("postrender", "--post-renderer")):
            if inputs.get(key):
                arguments += [flag, str(inputs[key])]
        arguments += ["--history-max", str(inputs["maxHistory"] if inputs.get("maxHistory") is not None else 0)]
        arguments += ["--labels", f"{record.OWNER}={naming.owner(self._call.urn)}"]
        return arguments

    def _run_helm(self, arguments: list[str], *, wait: bool = True) -> None:
        patience = self._call.timeout or self._inputs.get("timeout") or _TIMEOUT
        if wait and not self._inputs.get("skipAwait"):
            arguments = [*arguments, "--wait"]
            if self._inputs.get("waitForJobs") and arguments[0] == "upgrade":
                arguments.append("--wait-for-jobs")
        self._helm.run(
            [*arguments, "--timeout", f"{int(patience)}s"],
            connection=self._cluster.connection,
            values=self._inputs.get("values") or {} if arguments[0] == "upgrade" else None,
            cancelled=self._call.cancelled,
            tick=self._show_progress,
        )

    def _failed(self, before: Record | None, words: str) -> list[str]:
        """Say why; with ``atomic``, undo what was done, but only after the pods were asked what is wrong."""
        after = self.record()
        if after is None or (before is not None and after.revision == before.revision):
            raise PluginError(f"helm release {self.id}: {words}")  # nothing was changed in the cluster
        reasons = [f"helm release {self.id}: {words}", *explain(self._cluster.api, self._workloads(after))]
        if self._inputs.get("atomic"):
            try:
                reasons.append(self._undo(before))
            except HelmError as error:
                reasons.append(f"undoing it failed too: {error}")
        return reasons

    def _undo(self, before: Record | None) -> str:
        if before is None:
            self._run_helm(["uninstall", self._name, "--namespace", self._namespace])
            return "it was uninstalled, because it is atomic"
        self._run_helm(["rollback", self._name, str(before.revision), "--namespace", self._namespace])
        return f"it was rolled back to revision {before.revision}, because it is atomic"

    def _workloads(self, live: Record) -> list[Mapping[str, Any]]:
        found = []
        for each in live.objects(hooks=True):
            if each["kind"] in _WORKLOADS:
                metadata = each["metadata"]
                where = metadata.get("namespace") or self._namespace
                found.append(self._cluster.api.get(each["apiVersion"], each["kind"], where, metadata["name"]))
        return [each for each in found if each is not None]

    def _show_progress(self) -> None:
        """Show what the release is waiting for. It is a courtesy: nothing that goes wrong here may stop helm."""
        if time.monotonic() < self._looked + _LOOK:
            return
        self._looked = time.monotonic()
        try:
            live = self.record()
            for each in self._workloads(live) if live else []:
                state = readiness.check(self._cluster.api, each)
                if not state.ready:
                    self._call.status(f"{each['kind'].lower()} {each['metadata']['name']}: {state.why}")
                    return
        except PluginError:
            return

    def dry_run(self, *, new: bool) -> None:
        """Render it and have the server check every object, changing nothing."""
        before = self.record()
        if before is not None and before.pending:
            return  # helm would refuse; the update repairs it first
        if new:
            try:
                self._refuse_foreign(before)
            except PluginError as error:
                self._call.log("warning", str(error))
                return
        rendered = self._helm.run(
            ["upgrade", "--install", *self._arguments(before), "--dry-run=server", "--output", "json"],
            connection=self._cluster.connection,
            values=self._inputs.get("values") or {},
            cancelled=self._call.cancelled,
        )
        self._check_objects(Record("", {}, json.loads(rendered[rendered.index("{") :])))

    def _check_objects(self, rendered: Record) -> None:
        """Have the server check each object in a dry run of its own, which helm 3 leaves out."""
        problems = []
        for each in rendered.objects():
            metadata = {"namespace": self._namespace, **each["metadata"]}
            if not self._cluster.is_namespaced((each["apiVersion"], each["kind"])):
                metadata.pop("namespace")
            try:
                self._cluster.api.apply({**each, "metadata": metadata}, "helm", dry_run=True, force=True)
            except ApiError as error:
                if error.status in _INVALID:
                    problems.append(str(error))
        if problems:
            raise PluginError(f"helm release {self.id}: " + "; ".join(problems))

    def uninstall(self) -> None:
        """Remove it; one that is gone already is no error."""
        with self._lock():
            if self.record() is not None:
                self._run_helm(["uninstall", self._name, "--namespace", self._namespace, "--ignore-not-found"])

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Keep other processes on this machine off the release; a killed one lets go by itself."""
        identity = f"{self._cluster.connection.server} {self.id}"
        file = home() / "helm" / "locks" / hashlib.sha256(identity.encode()).hexdigest()[:16]
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w") as handle:
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    self._call.status("waiting for another run that works on this release")
                    if self._call.cancelled.wait(1):
                        raise PluginError(f"helm release {self.id}: cancelled while waiting for another run") from None
            yield
