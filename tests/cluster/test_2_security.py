"""What must hold of a running cluster's security, line by line of the hardening that the bootstrap promises."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from crosscloud import kubeconfig
from crosscloud.plugins.crosscloud.api import core
from crosscloud.plugins.crosscloud.renewal import renew
from tests.cluster.nodes import inside, kubectl, machine, nodes
from tests.cluster.project import TestStack

pytestmark = [pytest.mark.cluster, pytest.mark.engine, pytest.mark.machines]

_STATUS = "-s -k -o /dev/null -w '%{http_code}'"


def test_an_anonymous_request_is_refused(stack: TestStack) -> None:
    endpoint = stack.outputs()["endpoint"]
    for path in ("/api", "/api/v1/nodes", "/metrics", "/version"):
        assert inside(machine(stack, "worker-0"), f"curl {_STATUS} {endpoint}{path}") == "401", path


def test_health_and_discovery_answer_anybody_since_load_balancers_and_joining_machines_need_them(
    stack: TestStack,
) -> None:
    endpoint = stack.outputs()["endpoint"]
    for path in ("/livez", "/readyz", "/api/v1/namespaces/kube-public/configmaps/cluster-info"):
        assert inside(machine(stack, "worker-0"), f"curl {_STATUS} {endpoint}{path}") == "200", path


def test_the_administrator_is_no_system_master(stack: TestStack) -> None:
    me = json.loads(kubectl(stack, "auth", "whoami", "-o", "json"))["status"]["userInfo"]
    assert me["username"] == "shared-administrator"
    assert "crosscloud:administrators" in me["groups"]
    assert "system:masters" not in me["groups"]


def test_authorization_is_node_and_rbac_with_node_restriction(stack: TestStack) -> None:
    manifest = inside(machine(stack, "control-plane-0"), "cat /etc/kubernetes/manifests/kube-apiserver.yaml")
    assert "--authorization-mode=Node,RBAC" in manifest
    assert "--enable-admission-plugins=NodeRestriction" in manifest


def test_etcd_refuses_a_client_without_a_certificate(stack: TestStack) -> None:
    control_plane = machine(stack, "control-plane-0")
    for address in ("127.0.0.1", control_plane.address):
        url, pki = f"https://{address}:2379/version", "/etc/kubernetes/pki/etcd"
        identity = f"--cert {pki}/healthcheck-client.crt --key {pki}/healthcheck-client.key"
        assert "etcdserver" in inside(control_plane, f"curl -s -k {identity} {url}")
        # the server ends the connection; curl notices while it connects, sends or receives
        assert inside(control_plane, f"curl -s -k {url}; echo $?", check=False) in ("35", "55", "56")


def test_secrets_are_encrypted_in_etcd(stack: TestStack) -> None:
    kubectl(stack, "-n", "default", "create", "secret", "generic", "proof", "--from-literal=word=rosebud")
    try:
        pki = "/etc/kubernetes/pki/etcd"
        stored = kubectl(
            stack,
            *("-n", "kube-system", "exec", f"etcd-{machine(stack, 'control-plane-0').id}", "--", "etcdctl"),
            *(f"--cacert={pki}/ca.crt", f"--cert={pki}/healthcheck-client.crt", f"--key={pki}/healthcheck-client.key"),
            *("get", "/registry/secrets/default/proof"),
        )
        assert "k8s:enc:secretbox:v1:" in stored
        assert "rosebud" not in stored
    finally:
        kubectl(stack, "-n", "default", "delete", "secret", "proof")


def test_the_kubelet_refuses_anonymous_requests_and_has_no_read_only_port(stack: TestStack) -> None:
    worker = machine(stack, "worker-0")
    assert inside(worker, f"curl {_STATUS} https://{worker.address}:10250/pods") == "401"
    assert inside(worker, f"curl -s http://{worker.address}:10255/pods; echo $?", check=False) == "7"


def test_scheduler_and_controller_manager_listen_on_loopback_alone(stack: TestStack) -> None:
    listening = inside(machine(stack, "control-plane-0"), "ss -Hltn")
    for port in ("10257", "10259"):
        addresses = {line.split()[3] for line in listening.splitlines() if line.split()[3].endswith(f":{port}")}
        assert addresses == {f"127.0.0.1:{port}"}


def test_certificates_last_a_year_at_most_and_keys_are_roots_alone(stack: TestStack) -> None:
    control_plane = machine(stack, "control-plane-0")
    soon = inside(
        control_plane,
        "for c in $(find /etc/kubernetes/pki -name '*.crt' ! -name 'ca.crt' ! -name 'front-proxy-ca.crt'); do "
        "openssl x509 -checkend $((366*86400)) -noout -in $c >/dev/null && echo $c; done; true",
    )
    assert soon == "", f"these last more than a year: {soon}"
    modes = inside(control_plane, "find /etc/kubernetes -name '*.key' -o -name '*.conf' | xargs stat -c '%a %n'")
    assert {line.split()[0] for line in modes.splitlines()} == {"600"}, modes


def test_the_audit_log_is_written(stack: TestStack) -> None:
    line = inside(machine(stack, "control-plane-0"), "tail -n 1 /var/log/kubernetes/audit/audit.log")
    assert json.loads(line)["kind"] == "Event"


def test_no_ca_key_is_outside_of_the_control_plane(stack: TestStack) -> None:
    found = inside(machine(stack, "worker-0"), "find / -xdev -name 'ca.key' -o -xdev -name 'sa.key' 2>/dev/null; true")
    assert found == ""
    shown = stack.pulumi("stack", "export", "--show-secrets")
    key = inside(machine(stack, "control-plane-0"), "sed -n 2p /etc/kubernetes/pki/ca.key")
    assert key
    assert key not in shown


def test_machines_have_no_way_out(stack: TestStack) -> None:
    # an address of the documentation range: nobody is there, and nothing may carry a packet towards it
    said = inside(machine(stack, "worker-0"), "curl -s -m 2 http://192.0.2.1/; echo $?", check=False)
    assert said in ("7", "28")
    assert inside(machine(stack, "worker-0"), "cat /etc/resolv.conf | grep -c ^nameserver", check=False) == "0"


def test_pods_of_the_projects_are_unprivileged_with_seccomp_and_host_paths_are_node_exporters(stack: TestStack) -> None:
    pods = json.loads(kubectl(stack, "get", "pods", "-A", "-o", "json"))["items"]
    ours = [p for p in pods if p["metadata"]["namespace"] == "monitoring" or "coredns" in p["metadata"]["name"]]
    assert len(ours) >= 1 + 2 + len(nodes(stack))
    for pod in ours:
        name, spec = pod["metadata"]["name"], pod["spec"]
        assert spec["securityContext"].get("seccompProfile", {}).get("type") == "RuntimeDefault", name
        assert spec["securityContext"].get("runAsNonRoot") is True, name
        paths = [volume["hostPath"]["path"] for volume in spec.get("volumes", []) if "hostPath" in volume]
        assert not paths or "node-exporter" in name, name


def test_the_administrators_certificate_is_renewed_with_the_one_still_valid(stack: TestStack) -> None:
    shown = json.loads(stack.pulumi("stack", "export", "--show-secrets"))["deployment"]["resources"]
    made = next(r for r in shown if r["type"] == "crosscloud:index:ClusterCredentials")
    key = json.loads(made["outputs"]["administratorKey"]["plaintext"])
    outputs = stack.outputs()
    ca, certificate = renew(outputs["kubeconfig"], "shared", key)
    left = x509.load_pem_x509_certificate(certificate.encode()).not_valid_after_utc - datetime.now(UTC)
    assert timedelta(days=360) < left <= timedelta(days=366)
    renewed = kubeconfig.build("shared", server=outputs["endpoint"], ca=ca, certificate=certificate, key=key)
    assert len(core(renewed.text).list_node().items) == len(nodes(stack))
