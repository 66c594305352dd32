"""Clusters of the simulated Kubernetes Engine: each has a real control plane of its version."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any, ClassVar

from crosscloud.plugins.base import UNKNOWN, Call, CheckFailure, PluginError, Values
from crosscloud.plugins.simulated import Record, fabric, rehearsal
from crosscloud.plugins.simulated_gcp import container_plane, container_rules, names, wiring
from crosscloud.plugins.simulated_gcp.base import GoogleResource
from crosscloud.plugins.simulated_gcp.container_versions import images_of, order
from crosscloud.plugins.simulated_gcp.instances import ensure_account


class Cluster(GoogleResource):
    """A cluster in VPC-native mode whose first pool is removed again, which is what the rehearsal models."""

    sdk = "pulumi_gcp.container:Cluster"
    collection = "clusters"
    delete_before_replace = True
    computed = (
        "endpoint", "masterVersion", "masterAuth", "selfLink", "labelFingerprint", "servicesIpv4Cidr", "operation",
        "effectiveLabels", "pulumiLabels",
    )  # fmt: skip
    labelled = ("resourceLabels",)
    #: What the provider's schema marks ForceNew (terraform-provider-google of 2026-08-21), of what is modelled.
    replace_on = frozenset(
        {
            "name", "location", "project", "description", "network", "subnetwork", "networkingMode", "datapathProvider",
            "clusterIpv4Cidr", "initialNodeCount", "defaultMaxPodsPerNode", "enableAutopilot", "enableKubernetesAlpha",
            "enableTpu", "confidentialNodes", "nodePools", "masterAuth.clientCertificateConfig",
            "ipAllocationPolicy.clusterIpv4CidrBlock", "ipAllocationPolicy.servicesIpv4CidrBlock",
            "ipAllocationPolicy.clusterSecondaryRangeName", "ipAllocationPolicy.servicesSecondaryRangeName",
            "privateClusterConfig.masterIpv4CidrBlock", "privateClusterConfig.privateEndpointSubnetwork",
            "nodeConfig.serviceAccount", "nodeConfig.oauthScopes", "nodeConfig.shieldedInstanceConfig",
            "nodeConfig.metadata",
        }
    )  # fmt: skip
    references: ClassVar = {"network": "Network", "subnetwork": "Subnetwork"}

    def rules(self, call: Call, new: Values) -> Iterator[CheckFailure]:
        """Hold the cluster to GKE's rules, and to what is modelled."""
        yield from names.name("name", new.get("name"), container_rules.LONGEST_NAME)
        yield from names.labels("resourceLabels", new.get("resourceLabels"))
        channel = (new.get("releaseChannel") or {}).get("channel")
        yield from container_rules.channel_rules(channel)
        yield from container_rules.version_rules("minMasterVersion", new.get("minMasterVersion"), channel)
        private = new.get("privateClusterConfig") or {}
        yield from container_rules.control_plane_range(private.get("masterIpv4CidrBlock"))
        blocks = (new.get("masterAuthorizedNetworksConfig") or {}).get("cidrBlocks")
        yield from container_rules.authorized_networks(blocks)
        yield from container_rules.node_config(new.get("nodeConfig") or {}, new.get("nodeLocations"))
        yield from _modelled(new)
        yield from self._bootable(new)
        _ = call

    def identify(self, _call: Call, inputs: Values) -> str:
        """Return "projects/P/locations/L/clusters/NAME"."""
        return f"projects/{self.project(inputs)}/locations/{inputs['location']}/clusters/{inputs['name']}"

    def outputs(self, _call: Call, resource_id: str, inputs: Values) -> Mapping[str, Any]:
        """Return what Google adds; the control plane's own comes with it."""
        labels = {**(inputs.get("resourceLabels") or {}), "goog-pulumi-provisioned": "true"}
        return {
            "selfLink": f"https://container.googleapis.com/v1/{resource_id}",
            "project": self.project(inputs),
            "masterVersion": inputs["minMasterVersion"],
            "servicesIpv4Cidr": self._ranges(inputs)["services"],
            "labelFingerprint": "",
            "operation": "",
            "effectiveLabels": labels,
            "pulumiLabels": labels,
        }

    def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Boot the control plane."""
        subnetwork = self._subnetwork(call, inputs)
        self._fits(inputs)
        ensure_account(self, {"serviceAccount": {"email": (inputs.get("nodeConfig") or {}).get("serviceAccount")}})
        made, _ = super().make(call, inputs)
        wanted = {"name": inputs["name"], "version": inputs["minMasterVersion"], **self._ranges(inputs)}
        plane = container_plane.boot(self.cloud, call, made, subnetwork, wanted)
        auth = {**(inputs.get("masterAuth") or {}), "clusterCaCertificate": plane.ca_data}
        auth |= {"clientCertificate": "", "clientKey": ""}
        return made, self.note(made, endpoint=plane.endpoint, masterAuth=auth)

    def look(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> Mapping[str, Any] | None:
        """A cluster whose control plane does not run is none: Google's own would be repaired, a rehearsal's is gone."""
        live = super().look(call, resource_id, inputs, outputs)
        return live if live is not None and fabric.running(resource_id) else None

    def update(
        self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new_inputs: Values
    ) -> Mapping[str, Any]:
        """In a preview too the CA stays, which is told beside what the input of the same name says."""
        changed = super().update(call, resource_id, old_inputs, old_outputs, new_inputs)
        return {**changed, "masterAuth": {**old_outputs["masterAuth"], **(new_inputs.get("masterAuth") or {})}}

    def change(
        self, call: Call, resource_id: str, old_inputs: Values, old_outputs: Values, new: Values
    ) -> Mapping[str, Any]:
        """Take the changes that concern the endpoint or the record; a version can't be changed."""
        running, wanted = old_outputs["masterVersion"], new["minMasterVersion"]
        if order(wanted) > order(running) and rehearsal.machines():
            raise PluginError(
                f"GKE would upgrade the control plane from {running} to {wanted}; a rehearsal boots control planes and "
                "upgrades none: destroy it and rehearse anew"
            )
        super().change(call, resource_id, old_inputs, old_outputs, new)
        wiring.apply(self.cloud)
        labels = {**(new.get("resourceLabels") or {}), "goog-pulumi-provisioned": "true"}
        return self.note(resource_id, effectiveLabels=labels, pulumiLabels=labels, masterAuth=old_outputs["masterAuth"])

    def remove(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Remove the cluster with its control plane, unless it is protected."""
        # Protection is the provider's own default; a creation that is rolled back never had it.
        if inputs.get("deletionProtection") is not False and "endpoint" in outputs:
            raise PluginError(
                "Cannot destroy cluster because deletion_protection is set to true. Set it to false to proceed with "
                "cluster deletion: crosscloud:gke.deletionProtection: false, then `pulumi up`, then `pulumi destroy`"
            )
        record = self.cloud.get(self.kind, resource_id)
        referrers = self.cloud.referrers(resource_id)
        if record is not None and referrers:
            raise PluginError(self.in_use(call, record, referrers))
        container_plane.end(self.cloud, resource_id)
        super().remove(call, resource_id, inputs, outputs)

    def _bootable(self, new: Values) -> Iterator[CheckFailure]:
        """Refuse a version that this host has no build of, before anything is made."""
        version = new.get("minMasterVersion")
        if isinstance(version, str) and rehearsal.machines():
            try:
                images_of(version)
            except PluginError as error:
                yield CheckFailure("minMasterVersion", str(error))

    def _subnetwork(self, call: Call, inputs: Values) -> Record:
        found = self.find("Subnetwork", inputs["subnetwork"])
        if found is None:
            raise PluginError(self.missing(call, "subnetwork", "Subnetwork", inputs["subnetwork"]))
        return found

    def _ranges(self, inputs: Mapping[str, Any]) -> dict[str, str]:
        """Return the ranges of pods and services: what the subnetwork has under the names that the cluster gives."""
        found = self.find("Subnetwork", inputs["subnetwork"])
        secondary = {
            one["rangeName"]: one["ipCidrRange"]
            for one in (found.inputs.get("secondaryIpRanges") if found else []) or []
        }
        policy, ranges = inputs["ipAllocationPolicy"], {}
        for what, key in (("pods", "clusterSecondaryRangeName"), ("services", "servicesSecondaryRangeName")):
            if policy[key] not in secondary:
                raise PluginError(
                    f"googleapi: Error 400: {what.capitalize()[:-1]} secondary range '{policy[key]}' does not exist in "
                    f"the subnetwork '{inputs['subnetwork']}'; it has {', '.join(sorted(secondary)) or 'none'}., "
                    "badRequest"
                )
            ranges[what] = secondary[policy[key]]
        return ranges

    def _fits(self, inputs: Mapping[str, Any]) -> None:
        """Hold the cluster's ranges against each other."""
        found = self.find("Subnetwork", inputs["subnetwork"])
        ranges = {**self._ranges(inputs), "nodes": found.inputs["ipCidrRange"] if found else "0.0.0.0/32"}
        ranges["control plane"] = (inputs.get("privateClusterConfig") or {}).get("masterIpv4CidrBlock") or "0.0.0.0/32"
        every = [(what, IPv4Network(cidr)) for what, cidr in sorted(ranges.items())]
        for index, (what, cidr) in enumerate(every):
            for other, taken in every[index + 1 :]:
                if cidr.overlaps(taken):
                    raise PluginError(
                        f"googleapi: Error 400: The given {other} range {taken} overlaps with the range of {what}, "
                        f"{cidr}., badRequest"
                    )


def _modelled(new: Mapping[str, Any]) -> Iterator[CheckFailure]:
    """Yield what GKE would take, and the rehearsal says nothing about."""
    if new.get("networkingMode") not in (None, "VPC_NATIVE", UNKNOWN):
        yield CheckFailure("networkingMode", "the rehearsal models VPC_NATIVE alone")
    if not (new.get("removeDefaultNodePool") and new.get("initialNodeCount")):
        yield CheckFailure(
            "removeDefaultNodePool", "the rehearsal models clusters whose default pool (initialNodeCount) is removed"
        )
    policy = new.get("ipAllocationPolicy") or {}
    for key in ("clusterSecondaryRangeName", "servicesSecondaryRangeName"):
        if not policy.get(key):
            yield CheckFailure(f"ipAllocationPolicy.{key}", "the rehearsal has to be told the secondary range")
    if not new.get("minMasterVersion"):
        yield CheckFailure("minMasterVersion", "the rehearsal has to be told the version; Google would choose one")
    if not new.get("location"):
        yield CheckFailure("location", "is missing; a region")
