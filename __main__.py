"""The program: configuration and release → cluster → cross-project → outputs."""

import pulumi

from components import create_cluster
from components.cross_project import CrossProject
from crosscloud import config, release
from crosscloud.errors import CrosscloudError

try:
    stack = config.load_from_pulumi()
    images = release.load(stack.release_file)
except CrosscloudError as error:
    raise pulumi.RunError(str(error)) from None

cluster = create_cluster(stack, images)
project = CrossProject(cluster, stack, images)

pulumi.export("clusterName", cluster.cluster_name)
pulumi.export("endpoint", cluster.endpoint)
pulumi.export("kubeconfig", cluster.kubeconfig)
pulumi.export("kubernetesVersion", cluster.kubernetes_version)
pulumi.export("nodes", cluster.nodes)
pulumi.export("release", {name: image.reference for name, image in images})
