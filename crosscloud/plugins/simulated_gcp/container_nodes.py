"""The nodes of a pool: machines of a managed instance group, which join their cluster by themselves."""

import hashlib
import secrets
import string
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from crosscloud.bootstrap import worker_user_data
from crosscloud.plugins.base import Call, PluginError
from crosscloud.plugins.crosscloud import boot_log, node_state
from crosscloud.plugins.crosscloud.api import core
from crosscloud.plugins.crosscloud.drain import drain
from crosscloud.plugins.simulated import Record, fabric, faults, rehearsal
from crosscloud.plugins.simulated_gcp import container_api, names, wiring
from crosscloud.plugins.simulated_gcp.base import GoogleResource
from crosscloud.plugins.simulated_gcp.container_plane import Plane
from crosscloud.plugins.simulated_gcp.instances import ensure_account, exhausted
from crosscloud.plugins.simulated_gcp.machines import free_address
from crosscloud.plugins.simulated_gcp.members import KIND

#: The label by which GKE marks a pool's nodes.
POOL_LABEL = "cloud.google.com/gke-nodepool"
#: What another value of replaces a node's machine: https://cloud.google.com/kubernetes-engine/docs/how-to/update-existing-nodepools
_SHAPE = ("machineType", "diskType", "diskSizeGb", "imageType", "tags", "workloadMetadataConfig", "kubeletConfig")
_LETTERS = string.ascii_lowercase + string.digits
#: How long a node may take to join, and how long a machine that does not even run is waited for, in seconds.
_LIMIT, _DARK = 600.0, 20.0
_PAUSE = 0.5
_LONGEST_PART = 16


class Nodes:
    """The nodes of one pool, whose record has to be there."""

    def __init__(self, manager: GoogleResource, call: Call, pool: Record, plane: Plane) -> None:
        self._manager, self._call, self._pool, self._plane = manager, call, pool, plane
        self._cloud = manager.cloud

    def all(self) -> list[Record]:
        """Return the records of the nodes' machines."""
        return [one for one in self._cloud.records(KIND) if self._pool.id in one.refers]

    def dead(self) -> list[Record]:
        """Return those whose machines don't run."""
        return [one for one in self.all() if not fabric.running(one.id)]

    def reconcile(self, wanted: Mapping[str, int]) -> None:
        """Have as many nodes as ``wanted`` by zone, all of the pool's shape, and wait until they have joined.

        What died is made anew under its name; a node of another shape goes when its successor is Ready.
        """
        for one in self.dead():
            self._forget(one)
            self._start(one)
        old = [one for one in self.all() if one.outputs["shape"] != self.shape]
        self._resize(wanted, old)
        self._join()
        for one in old:
            self._successor(one)
        for one in self.all():
            self._label(one)

    def end(self) -> None:
        """Remove all of them, without draining: the pool goes."""
        for one in self.all():
            self._forget(one)
            self._end(one)

    @property
    def shape(self) -> str:
        """What a node is made of, in short: another one is another machine."""
        config = self._pool.inputs.get("nodeConfig") or {}
        parts = [str(self._pool.inputs.get("version")), *(repr(config.get(key)) for key in _SHAPE)]
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:8]

    def _resize(self, wanted: Mapping[str, int], old: Sequence[Record]) -> None:
        here: dict[str, list[Record]] = {}
        for one in self.all():
            here.setdefault(one.outputs["zone"], []).append(one)
        for zone, count in wanted.items():
            for _ in range(count - len(here.get(zone, []))):
                self._add(zone)
        gone = {one.id for one in old}
        for zone, there in here.items():
            # Those that would go anyway go first.
            there.sort(key=lambda one: (one.id not in gone, one.id))
            for one in there[: max(0, len(there) - wanted.get(zone, 0))]:
                self._drain(one)
                self._end(one)

    def _successor(self, old: Record) -> None:
        """Replace a node by one of the pool's shape, as a surge upgrade does: the new one first."""
        if self._cloud.get(KIND, old.id) is None:
            return
        self._call.status(f"replacing {old.outputs['name']}")
        self._add(old.outputs["zone"])
        self._join()
        self._drain(old)
        self._end(old)

    def _add(self, zone: str) -> None:
        config, project = self._pool.inputs.get("nodeConfig") or {}, self._pool.outputs["project"]
        faults.capacity(zone, exhausted(project, zone, str(config.get("machineType"))))
        name = self._name()
        member = f"projects/{project}/zones/{zone}/instances/{name}"
        inputs = {"tags": config.get("tags") or [], "serviceAccount": {"email": config.get("serviceAccount") or ""}}
        ensure_account(self._manager, inputs)
        with self._cloud.transaction():
            subnetwork = self._cloud.get("Subnetwork", self._plane.subnetwork)
            if subnetwork is None:
                raise PluginError(f"Subnetwork {self._plane.subnetwork} was not found")
            interface = {"subnetwork": names.API + subnetwork.id, "networkIp": free_address(self._cloud, subnetwork)}
            outputs = {"zone": zone, "name": name, "shape": self.shape, "networkInterfaces": [interface]}
            refers = [self._pool.id, subnetwork.id]
            record = self._cloud.put(KIND, member, inputs, outputs, urn=self._call.urn, refers=refers)
        self._start(record)

    def _start(self, node: Record) -> None:
        """Boot a node's machine from the pool's user-data."""
        wiring.apply(self._cloud)
        labels = (self._pool.inputs.get("nodeConfig") or {}).get("labels") or {}
        user_data = ""
        if rehearsal.machines():
            generation = str(labels.get(node_state.GENERATION, ""))
            user_data = worker_user_data(replace(self._plane.cluster_settings, generation=generation))
        fabric.boot(
            node.id,
            self._plane.subnetwork,
            hostname=node.outputs["name"],
            address=node.outputs["networkInterfaces"][0]["networkIp"],
            user_data=user_data,
            report=self._call.status,
        )

    def _join(self) -> None:
        """Wait until every machine is a node; it need not be Ready."""
        started = time.monotonic()
        while rehearsal.machines():
            nodes = self._joined()
            missing = [one for one in self.all() if one.outputs["name"] not in nodes]
            if not missing:
                return
            self._call.status(f"{len(missing)} of {len(self.all())} nodes have not joined yet")
            self._stop_early(missing, time.monotonic() - started)
            time.sleep(_PAUSE)

    def _joined(self) -> set[str]:
        """Return the names of the cluster's nodes; none while its API does not answer, which the wait bounds."""
        try:
            return {node.metadata.name for node in node_state.listed(self._plane.administrator)}
        except Exception as error:  # an API may come and go
            self._call.status(f"the cluster does not answer: {node_state.short(error)}")
            return set()

    def _stop_early(self, missing: Sequence[Record], waited: float) -> None:
        if self._call.cancelled.is_set():
            raise PluginError("cancelled while waiting for nodes")
        logs = {one.outputs["name"]: str(one.outputs["networkInterfaces"][0]["networkIp"]) for one in missing}
        dark = waited > _DARK and any(not fabric.running(one.id) for one in missing)
        if dark or waited > (self._call.timeout or _LIMIT) or boot_log.failures(logs):
            there = len(self.all())
            # https://cloud.google.com/kubernetes-engine/docs/troubleshooting/node-registration
            raise PluginError(
                f"Error waiting for creating GKE NodePool: All cluster resources were brought up, but: only "
                f"{there - len(missing)} nodes out of {there} have registered; this is likely due to Nodes failing to "
                f"start correctly. Run the same command again: the pool is made anew.\n{boot_log.excerpt(logs)}"
            )

    def _label(self, node: Record) -> None:
        if not rehearsal.machines():
            return
        config, zone = self._pool.inputs.get("nodeConfig") or {}, node.outputs["zone"]
        given = {str(key): str(value) for key, value in (config.get("labels") or {}).items()}
        own = {
            POOL_LABEL: self._pool.inputs["name"],
            "topology.kubernetes.io/zone": zone,
            "topology.kubernetes.io/region": zone.rpartition("-")[0],
            "node.kubernetes.io/instance-type": str(config.get("machineType") or ""),
        }
        container_api.label(self._plane.administrator, node.outputs["name"], {**own, **given})

    def _drain(self, node: Record) -> None:
        if rehearsal.machines() and fabric.running(node.id):
            drain(self._call, core(self._plane.administrator), node.outputs["name"])

    def _forget(self, node: Record) -> None:
        """Take the node out of its cluster, as Google's controllers do for an instance that is gone."""
        if rehearsal.machines() and fabric.running(self._plane.cluster):
            container_api.forget(self._plane.administrator, node.outputs["name"])

    def _end(self, node: Record) -> None:
        fabric.halt(node.id)
        self._forget(node)
        self._cloud.drop(KIND, node.id)
        wiring.apply(self._cloud)

    def _name(self) -> str:
        cluster, pool = (
            self._plane.name[:_LONGEST_PART].strip("-"),
            self._pool.inputs["name"][:_LONGEST_PART].strip("-"),
        )
        digest = hashlib.sha256(self._pool.id.encode()).hexdigest()[:8]
        return f"gke-{cluster}-{pool}-{digest}-{''.join(secrets.choice(_LETTERS) for _ in range(4))}"
