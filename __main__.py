"""The program: configuration and release → cluster → cross-project → outputs."""

import os
from pathlib import Path

import pulumi

from components import create_cluster
from components.cross_project import CrossProject
from crosscloud import config, kubernetes_support, provenance, release
from crosscloud.errors import CrosscloudError

try:
    if "CROSSCLOUD_REVIEW" in os.environ:  # only while a review is applied: looking takes a moment
        from crosscloud.review.under_lock import ensure_state

        ensure_state(pulumi.get_stack())
    stack = config.load_from_pulumi()
    images = release.load(Path(stack.release_file))
    sources = provenance.load(Path(stack.release_file), pulumi.log.warn)
    kubernetes_support.ensure(stack, images)
    for warning in [*config.warnings(stack), *kubernetes_support.warnings(images)]:
        pulumi.log.warn(warning)
    cluster = create_cluster(stack, images)
    project = CrossProject(cluster, stack, images)
except CrosscloudError as error:
    raise pulumi.RunError(str(error)) from None

pulumi.export("clusterName", cluster.cluster_name)
pulumi.export("endpoint", cluster.endpoint)
pulumi.export("kubeconfig", cluster.kubeconfig)
pulumi.export("kubernetesAsked", cluster.kubernetes_asked)
pulumi.export("kubernetesVersion", cluster.kubernetes_version)
pulumi.export("nodes", cluster.nodes)
pulumi.export("programKubeconfig", cluster.program_kubeconfig)
pulumi.export("prometheus", project.prometheus)
pulumi.export("release", {name: image.reference for name, image in images})
pulumi.export("releaseSources", provenance.as_outputs(sources))
pulumi.export("releaseTags", {name: image.tag for name, image in images})
