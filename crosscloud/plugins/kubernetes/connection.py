"""From a kubeconfig to what a request to the API server needs: its address, TLS, and who asks."""

import base64
import json
import os
import ssl
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from crosscloud.kubeconfig import FILE_FIELDS, SECTIONS
from crosscloud.plugins.base import PluginError

#: Seconds that a credential helper (``aws eks get-token`` …) may take.
_HELPER_PATIENCE = 60


@dataclass(frozen=True, repr=False)
class Connection:
    """One context of a kubeconfig, resolved: ``document`` is a kubeconfig that holds nothing else."""

    document: Mapping[str, Any]
    namespace: str

    def _body(self, section: str) -> Mapping[str, Any]:
        entries = self.document[section]
        return entries[0].get(SECTIONS[section]) or {} if entries else {}

    @property
    def server(self) -> str:
        """The API server's URL."""
        return str(self._body("clusters")["server"]).rstrip("/")

    @property
    def proxy(self) -> str:
        """The proxy that the kubeconfig names for this cluster, or nothing."""
        return str(self._body("clusters").get("proxy-url", ""))

    @property
    def server_name(self) -> str | None:
        """The name that the API server's certificate must hold, where it isn't the address."""
        return self._body("clusters").get("tls-server-name")

    def text(self) -> str:
        """The kubeconfig's text, for programs that read one; it holds credentials."""
        return yaml.safe_dump(self.document)

    def tls(self, helper: Mapping[str, Any]) -> ssl.SSLContext:
        """Make the TLS settings: the cluster's CA, and the client's certificate if it has one."""
        cluster, user = self._body("clusters"), self._body("users")
        authority = _pem(cluster, "certificate-authority")
        context = ssl.create_default_context(cadata=authority or None)
        # Private authorities (kubeadm's among them) leave out extensions that RFC 5280 wants and Python 3.13 checks.
        context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
        if cluster.get("insecure-skip-tls-verify"):
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        certificate = helper.get("clientCertificateData") or _pem(user, "client-certificate")
        key = helper.get("clientKeyData") or _pem(user, "client-key")
        if certificate and key:
            with tempfile.NamedTemporaryFile(
                "w", prefix="crosscloud-"
            ) as file:  # 0600; the ssl module reads files only
                file.write(f"{certificate}\n{key}\n")
                file.flush()
                context.load_cert_chain(file.name)
        return context

    def headers(self, helper: Mapping[str, Any]) -> dict[str, str]:
        """Make the headers that say who asks."""
        user = self._body("users")
        token = helper.get("token") or user.get("token") or ""
        if not token and user.get("tokenFile"):
            token = Path(user["tokenFile"]).read_text(encoding="utf-8").strip()
        if token:
            return {"Authorization": f"Bearer {token}"}
        if user.get("username"):
            pair = base64.b64encode(f"{user['username']}:{user.get('password', '')}".encode()).decode()
            return {"Authorization": f"Basic {pair}"}
        return {}

    def run_helper(self) -> Mapping[str, Any]:
        """Ask the user's credential helper, if the kubeconfig names one; empty otherwise."""
        helper = self._body("users").get("exec")
        if not helper:
            return {}
        command = [helper["command"], *(helper.get("args") or [])]
        info = {"apiVersion": helper["apiVersion"], "kind": "ExecCredential", "spec": {"interactive": False}}
        added = {entry["name"]: entry["value"] for entry in helper.get("env") or []}
        environment = {**os.environ, **added, "KUBERNETES_EXEC_INFO": json.dumps(info)}
        try:
            done = subprocess.run(
                command, env=environment, capture_output=True, check=True, text=True, timeout=_HELPER_PATIENCE
            )
            status: Mapping[str, Any] = json.loads(done.stdout)["status"]
        except (OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
            words = str(getattr(error, "stderr", "") or error).strip()
            raise PluginError(f"the kubeconfig's credential helper `{command[0]}` failed: {words}") from None
        return status


def resolve(value: str, *, context: str = "", cluster: str = "", namespace: str = "") -> Connection:
    """Take one context out of a kubeconfig, given by its text or its path; nothing means what kubectl would use."""
    document, folder = _read(value)
    bodies = {s: {e["name"]: e.get(SECTIONS[s]) or {} for e in document.get(s) or []} for s in SECTIONS}
    name = context or document.get("current-context") or ""
    if name not in bodies["contexts"]:
        known = ", ".join(bodies["contexts"]) or "none"
        raise PluginError(f"the kubeconfig has no context {name!r}; it has: {known}")
    chosen = dict(bodies["contexts"][name])
    chosen["cluster"] = cluster or chosen.get("cluster", "")
    if chosen["cluster"] not in bodies["clusters"] or not bodies["clusters"][chosen["cluster"]].get("server"):
        raise PluginError(f"the kubeconfig's context {name!r} names cluster {chosen['cluster']!r}, which has no server")
    user = chosen.get("user", "")
    chosen["namespace"] = namespace or chosen.get("namespace") or "default"
    resolved = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [{"name": name, "context": chosen}],
        "clusters": [{"name": chosen["cluster"], "cluster": _absolute(bodies["clusters"][chosen["cluster"]], folder)}],
        "users": [{"name": user, "user": _absolute(bodies["users"].get(user, {}), folder)}],
    }
    return Connection(resolved, chosen["namespace"])


def _read(value: str) -> tuple[dict[str, Any], Path]:
    folder = Path.cwd()
    if not value:
        value = os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")
    if "\n" not in value and not value.lstrip().startswith("{"):
        path = Path(value).expanduser()
        if not path.is_file():
            raise PluginError(f"there is no kubeconfig {path}; set the provider's `kubeconfig`, or KUBECONFIG")
        value, folder = path.read_text(encoding="utf-8"), path.resolve().parent
    try:
        document = yaml.load(value, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    except yaml.YAMLError:
        raise PluginError("the kubeconfig is not YAML") from None  # the parser's words could quote a key
    if not isinstance(document, dict):
        raise PluginError("the kubeconfig is not a YAML mapping")
    return document, folder


def _absolute(body: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    return {k: str(folder / v) if k in FILE_FIELDS and v else v for k, v in body.items()}


def _pem(body: Mapping[str, Any], field: str) -> str:
    if body.get(f"{field}-data"):
        return base64.b64decode(body[f"{field}-data"]).decode()
    return Path(body[field]).read_text(encoding="utf-8") if body.get(field) else ""
