"""``pulumi-resource-kubernetes``: the embedded provider plugin, for where Pulumi's own can't be had.

It does real work against the real API server: any object by server-side apply, and helm releases through the genuine
helm. What it keeps in the state is what Pulumi's own plugin (4.x) keeps, so either can take over from the other.
"""

from crosscloud.plugins.kubernetes.installation import VERSION, install

__all__ = ["VERSION", "install"]
