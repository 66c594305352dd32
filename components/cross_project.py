"""The CNCF projects of a release, deployed by helm into a cluster: the cross-project stage."""

from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_kubernetes
from pulumi_kubernetes.helm.v3 import Release as HelmRelease
from pulumi_kubernetes.helm.v3 import RepositoryOptsArgs

from crosscloud.helm_values import PROJECTS, HelmProject, prometheus
from crosscloud.helm_values.charts import locate

if TYPE_CHECKING:
    from components.cluster import Cluster
    from crosscloud.config import StackConfig
    from crosscloud.release import Release

#: How long helm waits for a release's pods, in seconds: pulling its images over a slow link and starting them takes
#: minutes at most, and what isn't ready then has a reason that waiting doesn't mend.
TIMEOUT = 300
#: How many revisions of a release helm keeps in the cluster.
MAX_HISTORY = 5


class CrossProject(pulumi.ComponentResource):
    """CoreDNS and Prometheus (with Alertmanager and node-exporter) in a cluster, every image from the release.

    Nothing of it is deleted one by one before a cluster that goes away itself.

    Outputs: ``releases`` (by project: name, namespace, chart, chart version), ``images`` (by the release's name for
    them: the reference that runs), ``prometheus`` (service, namespace, port, and the URL inside the cluster).
    """

    def __init__(self, cluster: "Cluster", config: "StackConfig", release: "Release") -> None:
        """Deploy the release's projects into the cluster of a stack."""
        name = config.name
        super().__init__("crosscloud:cross-project:CrossProject", name)
        provider = pulumi_kubernetes.Provider(
            name,
            kubeconfig=cluster.program_kubeconfig,
            cluster_identifier=name,  # another kubeconfig by itself replaces nothing: the cluster's life decides
            opts=pulumi.ResourceOptions(parent=self),
        )
        # A cluster that was there before stays there, so what is in it has to be removed from it.
        lifetime = None if config.cloud == "existing" else cluster.lifetime
        inside = pulumi.ResourceOptions(
            parent=self, provider=provider, deleted_with=lifetime, replace_with=cluster.renewed_with
        )
        self.releases = {
            project.DEPLOYMENT.name: _deploy(name, project, config, release, inside) for project in PROJECTS
        }
        self.images = {
            image: found.reference for project in PROJECTS for image, found in project.images(release).items()
        }
        self.prometheus = {
            "service": prometheus.SERVER_SERVICE,
            "namespace": prometheus.DEPLOYMENT.namespace,
            "port": prometheus.SERVER_PORT,
            "url": f"http://{prometheus.SERVER_SERVICE}.{prometheus.DEPLOYMENT.namespace}.svc.{config.cluster_domain}",
        }
        self.register_outputs({"releases": self.releases, "images": self.images, "prometheus": self.prometheus})


class Namespace(pulumi.CustomResource):
    """A namespace that allows what node-exporter needs of its node.

    The SDK's own class costs every preview a third of a second: its package imports hundreds of kinds.
    """

    def __init__(self, name: str, *, namespace: str, opts: pulumi.ResourceOptions) -> None:
        metadata = {"name": namespace, "labels": {"pod-security.kubernetes.io/enforce": "privileged"}}
        properties = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
        super().__init__("kubernetes:core/v1:Namespace", name, properties, opts)


def _deploy(
    name: str, project: HelmProject, config: "StackConfig", release: "Release", inside: pulumi.ResourceOptions
) -> dict[str, Any]:
    """Make the project's helm release, and its namespace if it has one of its own; return what is to be told of it.

    In a cluster that was there before, a namespace of this name may be somebody else's: helm makes it if need be, and
    nothing here would ever delete it.
    """
    deployment = project.DEPLOYMENT
    chart = locate(deployment, config.chart_source)
    needs: list[pulumi.Resource] = []
    shared = deployment.own_namespace and config.cloud == "existing"
    if deployment.own_namespace and not shared:
        needs.append(Namespace(f"{name}-{deployment.namespace}", namespace=deployment.namespace, opts=inside))
    made = HelmRelease(
        f"{name}-{deployment.name}",
        name=deployment.name,
        namespace=deployment.namespace,
        create_namespace=shared,
        chart=chart.chart,
        version=chart.version,
        repository_opts=RepositoryOptsArgs(repo=chart.repository) if chart.repository else None,
        description=chart.description,
        values=project.values(release, config),
        # A release that fails stays as it is, so that its pods can be asked why.
        atomic=False,
        skip_await=False,
        timeout=TIMEOUT,
        max_history=MAX_HISTORY,
        opts=pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(depends_on=needs)),
    )
    # The name is the resource's own: whoever uses it waits for the release.
    return {
        "name": made.name,
        "namespace": deployment.namespace,
        "chart": deployment.chart,
        "chartVersion": chart.version,
    }
