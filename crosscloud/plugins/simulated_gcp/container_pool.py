"""Node pools of simulated clusters."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, Diff, PluginError, Read, Values
from crosscloud.plugins.simulated import Record, rehearsal
from crosscloud.plugins.simulated_gcp import catalogue, container_plane, names
from crosscloud.plugins.simulated_gcp.base import GoogleResource
from crosscloud.plugins.simulated_gcp.container_nodes import Nodes
from crosscloud.plugins.simulated_gcp.container_rules import LONGEST_NAME, node_config, version_rules

_TOTALS = ("totalMinNodeCount", "totalMaxNodeCount")
_BY_ZONE = ("minNodeCount", "maxNodeCount")


class NodePool(GoogleResource):
    """A pool: its nodes are real machines, as many in each of its zones as it says.

    A simulated pool doesn't scale by load: it keeps what it begins with, within its limits.
    """

    sdk = "pulumi_gcp.container:NodePool"
    collection = "nodePools"
    computed = ("instanceGroupUrls", "managedInstanceGroupUrls", "operation")
    #: What the provider's schema marks ForceNew (terraform-provider-google of 2026-08-21), of what is modelled.
    replace_on = frozenset(
        {
            "name", "cluster", "location", "project", "initialNodeCount", "maxPodsPerNode", "placementPolicy",
            "queuedProvisioning", "networkConfig.podRange", "networkConfig.podIpv4CidrBlock",
            "networkConfig.createPodRange", "networkConfig.subnetwork", "nodeConfig.serviceAccount",
            "nodeConfig.oauthScopes", "nodeConfig.shieldedInstanceConfig", "nodeConfig.metadata",
            "nodeConfig.minCpuPlatform", "nodeConfig.spot", "nodeConfig.preemptible", "nodeConfig.localSsdCount",
        }
    )  # fmt: skip
    references: ClassVar = {"cluster": "Cluster"}

    def rules(self, _call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold the pool to GKE's rules."""
        yield from names.name("name", new.get("name"), LONGEST_NAME)
        yield from version_rules("version", new.get("version"), None)
        yield from node_config(new.get("nodeConfig") or {}, new.get("nodeLocations"))
        yield from _counts(new)
        yield from _upgrades(new.get("upgradeSettings") or {})
        region = new.get("location")
        for index, zone in enumerate(new.get("nodeLocations") or []):
            if isinstance(zone, str) and isinstance(region, str) and zone not in catalogue.zones(region):
                reason = f"{zone} is no zone of {region}; it has {', '.join(catalogue.zones(region)) or 'none'}"
                yield CheckFailure(f"nodeLocations[{index}]", reason)

    def identify(self, _call: Call, inputs: Values) -> str:
        """Return "projects/P/locations/L/clusters/C/nodePools/NAME"."""
        return f"{names.identifier(inputs['cluster'])}/nodePools/{inputs['name']}"

    def outputs(self, _call: Call, resource_id: str, inputs: Values) -> Mapping[str, Any]:
        """Return the links of the groups of instances, one a zone."""
        project = self.project(inputs)
        groups = [
            f"{names.API}projects/{project}/zones/{zone}/instanceGroupManagers/gke-{inputs['name']}-grp"
            for zone in inputs["nodeLocations"]
        ]
        return {
            "project": project,
            "instanceGroupUrls": groups,
            "managedInstanceGroupUrls": [one.replace("Managers", "s") for one in groups],
            "operation": "",
            "nodeCount": _per_zone(inputs),
            "id": resource_id,
        }

    def diff(self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new_inputs: Values) -> Diff:
        """See dead machines without a refresh too: Google's group would put them back by itself."""
        found = super().diff(call, resource_id, old_inputs, old_outputs, new_inputs)
        nodes = self._nodes(call, resource_id)
        if not found.any and nodes is not None and nodes.dead():
            return Diff({"nodeCount": "update"}, inputs=False)
        return found

    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Boot the nodes; what an interrupted run began goes on from there."""
        self._fits(inputs)
        made, outputs = super().make(call, inputs)
        self._reconcile(call, made)
        return made, outputs

    def look(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> Mapping[str, Any] | None:
        """Count the nodes whose machines run."""
        live = super().look(call, resource_id, inputs, outputs)
        nodes = self._nodes(call, resource_id)
        if live is None or isinstance(live, Read) or nodes is None:
            return live
        alive = len(nodes.all()) - len(nodes.dead())
        return {**live, "nodeCount": alive // max(1, len(live["nodeLocations"]))}

    def change(
        self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Resize, relabel, or replace the nodes one after the other."""
        self._fits(new)
        super().change(call, resource_id, old_inputs, old_outputs, new)
        self._reconcile(call, resource_id)
        return self.note(resource_id, nodeCount=_per_zone(new))

    def remove(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Remove the nodes, and the pool."""
        nodes = self._nodes(call, resource_id)
        if nodes is not None:
            nodes.end()
        super().remove(call, resource_id, inputs, outputs)

    def _nodes(self, call: Call, resource_id: str) -> Nodes | None:
        record = self.cloud.get(self.kind, resource_id)
        plane = container_plane.of(self.cloud, resource_id.partition("/nodePools/")[0])
        return None if record is None or plane is None else Nodes(self, call, record, plane)

    def _reconcile(self, call: Call, resource_id: str) -> None:
        nodes, record = self._nodes(call, resource_id), self.cloud.get(self.kind, resource_id)
        if nodes is None or record is None:
            raise PluginError(f"googleapi: Error 404: Not found: {resource_id}, notFound")
        nodes.reconcile({zone: _per_zone(record.inputs) for zone in record.inputs["nodeLocations"]})

    def _fits(self, inputs: Values) -> None:
        """Hold the pool against its cluster."""
        cluster = self._cluster(inputs)
        if cluster is None:
            return  # the reference is refused in Google's words
        channel = (cluster.inputs.get("releaseChannel") or {}).get("channel")
        if channel and (inputs.get("management") or {}).get("autoUpgrade") is False:
            raise PluginError(
                f"googleapi: Error 400: Auto_upgrade must be true when release_channel {channel} is set., badRequest"
            )
        version, running = inputs.get("version"), cluster.outputs["masterVersion"]
        if version and rehearsal.machines() and version != running:
            raise PluginError(
                f"the rehearsal's nodes run what their control plane runs, {running}, and not {version}; GKE takes up "
                "to two minor versions less"
            )

    def _cluster(self, inputs: Values) -> Record | None:
        return self.cloud.get("Cluster", names.identifier(inputs["cluster"]))


def _per_zone(inputs: Mapping[str, Any]) -> int:
    """Return how many nodes a zone has."""
    count = inputs.get("nodeCount")
    return int(count if count is not None else inputs.get("initialNodeCount") or 1)


def _counts(new: Mapping[str, Any]) -> Iterator[CheckFailure]:
    scaling, zones = new.get("autoscaling"), new.get("nodeLocations")
    if not zones and zones is not UNKNOWN:
        yield CheckFailure("nodeLocations", "the rehearsal has to be told the zones; Google would choose them")
    if not isinstance(scaling, Mapping):
        return
    if new.get("nodeCount") is not None:
        yield CheckFailure("nodeCount", "is not to be used beside autoscaling, which changes it")
    totals, by_zone = (any(scaling.get(key) is not None for key in keys) for keys in (_TOTALS, _BY_ZONE))
    if totals and by_zone:
        yield CheckFailure("autoscaling", "has limits of all zones and of each; one kind or the other")
    fewest, most = (scaling.get(key) for key in (_TOTALS if totals else _BY_ZONE))
    if isinstance(fewest, int) and isinstance(most, int) and fewest > most:
        yield CheckFailure("autoscaling", f"the fewest nodes, {fewest}, are more than the most, {most}")
    begins = _per_zone(new) * (len(zones) if totals and isinstance(zones, list) else 1)
    if isinstance(fewest, int) and isinstance(most, int) and not fewest <= begins <= most:
        yield CheckFailure("initialNodeCount", f"makes {begins} nodes, which is not from {fewest} to {most}")


def _upgrades(settings: Mapping[str, Any]) -> Iterator[CheckFailure]:
    surge, gone = settings.get("maxSurge"), settings.get("maxUnavailable")
    if surge == 0 and not gone:
        yield CheckFailure("upgradeSettings", "maxSurge and maxUnavailable can't both be 0: no node could be replaced")
