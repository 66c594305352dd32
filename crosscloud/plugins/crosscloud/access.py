"""``crosscloud:index:ClusterAccess``: waits until a new cluster answers, and gives its administrator's kubeconfig."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from crosscloud import kubeconfig
from crosscloud.plugins.base import UNKNOWN, Call, Diff, PluginError, Resource, Secret, Values, diff_values
from crosscloud.plugins.crosscloud import boot_log, discovery

_DEFAULT_TIMEOUT = 600.0
#: A certificate that ends within this time is renewed by the next ``up``.
_RENEW_BEFORE = timedelta(days=30)
_PAUSE = 0.3
#: What tells where boot logs are, and nothing of the cluster.
_LOGS = ("bootLogs", "consoles")


class ClusterAccess(Resource):
    """Access to a new cluster.

    Inputs: ``clusterName``, ``endpoint`` (host:port, as the program reaches it), ``bootstrapToken``,
    ``administratorKey``, ``bootLogs`` (machine → file or address, empty where there is none), ``consoles`` (machine →
    command that shows its boot log; may be absent) and ``clusterId`` (what the cluster lives and dies with). Outputs:
    those, the secret ``kubeconfig``, ``kubernetesVersion`` of the API server and ``certificateExpires``.
    """

    replace_on = ("clusterName", "endpoint", "clusterId", "administratorKey")
    delete_before_replace = True

    def create(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
        """Wait for the cluster within the program's time-out (10 minutes by default); the error has the boot logs."""
        if call.preview:
            return "", {**inputs, "kubeconfig": UNKNOWN, "kubernetesVersion": UNKNOWN, "certificateExpires": UNKNOWN}
        ca, certificate = _wait(call, inputs)
        return inputs["clusterName"], _outputs(inputs, ca, certificate)

    def diff(self, call: Call, _id: str, old_inputs: Values, old_outputs: Values, new_inputs: Values) -> Diff:
        """Boot logs alone change nothing; a certificate about to end is renewed."""
        found = diff_values(
            old_inputs,
            new_inputs,
            replace_on=self.replace_on,
            delete_before_replace=self.delete_before_replace,
            ignore=(*_LOGS, *call.ignore_changes),
        )
        expires = old_outputs.get("certificateExpires")
        if not found.any and expires and datetime.fromisoformat(expires) - datetime.now(UTC) < _RENEW_BEFORE:
            return Diff({"certificateExpires": "update"}, inputs=False)
        return found

    def update(
        self,
        call: Call,
        resource_id: str,  # noqa: ARG002
        old_inputs: Values,  # noqa: ARG002
        old_outputs: Values,
        new_inputs: Values,
    ) -> Mapping[str, Any]:
        """Renew the certificate, by a request that the administrator makes and approves with the one still valid."""
        from crosscloud.plugins.crosscloud.renewal import renew

        if call.preview:
            return {**old_outputs, **new_inputs, "kubeconfig": UNKNOWN, "certificateExpires": UNKNOWN}
        ca, certificate = renew(old_outputs["kubeconfig"], new_inputs["clusterName"], new_inputs["administratorKey"])
        return _outputs(new_inputs, ca, certificate)

    def read(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> Mapping[str, Any] | None:  # noqa: ARG002
        """Keep what is known: machines that died are found by their own resources."""
        return outputs

    def delete(self, call: Call, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Do nothing: access ends with the cluster."""


def _wait(call: Call, inputs: Values) -> tuple[str, str]:
    limit = call.timeout or _DEFAULT_TIMEOUT
    started = time.monotonic()
    endpoint, token, logs = inputs["endpoint"], inputs["bootstrapToken"], inputs["bootLogs"]
    shown = ""
    while True:
        try:
            ca = discovery.certificate_authority(endpoint, token)
            return ca, discovery.administrator_certificate(endpoint, ca, token)
        except discovery.DiscoveryError as error:
            last = str(error)
        waited = time.monotonic() - started
        _stop_early(call, inputs, waited, limit, last)
        doing = next((said for said in map(boot_log.progress, logs.values()) if said), "booting")
        if doing != shown:  # each status is a line where nobody watches a live display
            call.status(doing)
            shown = doing
        time.sleep(_PAUSE)


def _stop_early(call: Call, inputs: Values, waited: float, limit: float, last: str) -> None:
    name, logs, consoles = inputs["clusterName"], inputs["bootLogs"], inputs.get("consoles")
    if call.cancelled.is_set():
        raise PluginError(f"cancelled while waiting for the cluster {name}")
    failed = boot_log.failures(logs)
    if failed:
        raise PluginError(f"the bootstrap of {', '.join(failed)} failed; {boot_log.excerpt(logs, failed, consoles)}")
    if waited > limit:
        seen = boot_log.excerpt(logs, consoles=consoles)
        raise PluginError(f"the cluster {name} did not answer within {limit:.0f} s ({last}); {seen}")


def _outputs(inputs: Values, ca: str, certificate: str) -> dict[str, Any]:
    from cryptography import x509

    config = kubeconfig.build(
        inputs["clusterName"],
        server=f"https://{inputs['endpoint']}",
        ca=ca,
        certificate=certificate,
        key=inputs["administratorKey"],
    )
    expires = x509.load_pem_x509_certificate(certificate.encode()).not_valid_after_utc
    return {
        **inputs,
        "kubeconfig": Secret(config.text),
        "kubernetesVersion": _version(config.text),
        "certificateExpires": expires.isoformat(),
    }


def _version(config: str) -> str:
    from kubernetes.client import VersionApi

    from crosscloud.plugins.crosscloud.api import client

    return str(VersionApi(client(config)).get_code().git_version)
