"""Finds a release's chart: a folder, an archive, or one that is pulled from a repository, once."""

import hashlib
import json
import tarfile
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from crosscloud.paths import home
from crosscloud.plugins.base import PluginError
from crosscloud.plugins.kubernetes.helm import Helm

_SEMVER_PARTS = 3


class Charts:
    """The charts of one plugin process; what was pulled is kept, for exact versions in later processes too."""

    def __init__(self, helm: Helm) -> None:
        self._helm = helm
        self._lock = threading.Lock()
        self._pulled: dict[str, Path] = {}

    def locate(self, inputs: Mapping[str, Any]) -> Path:
        """Return the chart's folder or archive; raises `PluginError` saying where it was looked for."""
        chart, options = str(inputs.get("chart", "")).strip(), inputs.get("repositoryOpts") or {}
        if not options.get("repo") and not chart.startswith("oci://"):
            path = Path(chart)
            if path.is_file() or (path / "Chart.yaml").is_file():
                return path.resolve()
            if path.is_absolute() or chart.startswith("."):
                raise PluginError(f"there is no chart at {path}")
        with self._lock:
            return self._pull(chart, inputs, options)

    def _pull(self, chart: str, inputs: Mapping[str, Any], options: Mapping[str, Any]) -> Path:
        version = str(inputs.get("version") or ("" if not inputs.get("devel") else ">0.0.0-0")).strip()
        identity = json.dumps([chart, version, options.get("repo", ""), bool(inputs.get("verify"))])
        key = hashlib.sha256(identity.encode()).hexdigest()[:16]
        kept = self._pulled.get(key) or (_archive(home() / "helm" / "charts" / key) if _is_exact(version) else None)
        if kept is None:
            folder = home() / "helm" / "charts" / key
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".pull-") as made:
                self._fetch(chart, version, inputs, options, Path(made))
                found = _archive(Path(made))
                if found is None:
                    raise PluginError(f"helm pulled nothing for chart {chart}")
                kept = found.replace(folder / found.name)
            for old in folder.glob("*.tgz"):
                if old != kept:
                    old.unlink()
        self._pulled[key] = kept
        return kept

    def _fetch(
        self, chart: str, version: str, inputs: Mapping[str, Any], options: Mapping[str, Any], into: Path
    ) -> None:
        arguments = ["pull", chart, "--destination", str(into)]
        if version:
            arguments += ["--version", version]
        if inputs.get("verify"):
            arguments += ["--verify", "--keyring", str(inputs.get("keyring", ""))]
        for field, flag in (("caFile", "--ca-file"), ("certFile", "--cert-file"), ("keyFile", "--key-file")):
            if options.get(field):
                arguments += [flag, str(options[field])]
        repository, user = str(options.get("repo") or ""), str(options.get("username") or "")
        environment: dict[str, str] = {}
        if user:
            arguments[1], environment = self._with_password(chart, repository, options, into)
        elif repository.startswith("oci://"):
            arguments[1] = f"{repository.rstrip('/')}/{chart}"
        elif repository:
            arguments += ["--repo", repository]
        self._helm.run(arguments, environment=environment)

    def _with_password(
        self, chart: str, repository: str, options: Mapping[str, Any], folder: Path
    ) -> tuple[str, dict[str, str]]:
        """Give helm a password by a file of its own (0600, removed with ``folder``), never on its command line."""
        entry = {"username": options["username"], "password": options.get("password", "")}
        file = folder / "credentials"
        file.touch(0o600)
        if chart.startswith("oci://") or repository.startswith("oci://"):
            full = chart if chart.startswith("oci://") else f"{repository.rstrip('/')}/{chart}"
            host = full.removeprefix("oci://").partition("/")[0]
            file.write_text(json.dumps({"auths": {host: {"auth": _basic(entry)}}}), encoding="utf-8")
            return full, {"HELM_REGISTRY_CONFIG": str(file)}
        document = {"apiVersion": "", "repositories": [{"name": "chosen", "url": repository, **entry}]}
        file.write_text(yaml.safe_dump(document), encoding="utf-8")
        environment = {"HELM_REPOSITORY_CONFIG": str(file), "HELM_REPOSITORY_CACHE": str(folder / "index")}
        self._helm.run(["repo", "update", "chosen"], environment=environment)
        return f"chosen/{chart}", environment


def metadata(path: Path) -> Mapping[str, Any]:
    """Return what Chart.yaml says of the chart in a folder or an archive."""
    try:
        if path.is_dir():
            text = (path / "Chart.yaml").read_bytes()
        else:
            with tarfile.open(path) as archive:
                member = next(m for m in archive if m.name.count("/") == 1 and m.name.endswith("/Chart.yaml"))
                file = archive.extractfile(member)
                text = file.read() if file else b""
        found = yaml.safe_load(text)
    except (OSError, tarfile.TarError, StopIteration, yaml.YAMLError) as error:
        raise PluginError(f"{path} is not a helm chart: {error or 'it has no Chart.yaml'}") from None
    if not isinstance(found, dict) or not found.get("name") or not found.get("version"):
        raise PluginError(f"{path} is not a helm chart: its Chart.yaml has no name or no version")
    return found


def _archive(folder: Path) -> Path | None:
    return next(iter(sorted(folder.glob("*.tgz"))), None)


def _is_exact(version: str) -> bool:
    core = version.removeprefix("v").partition("+")[0].partition("-")[0].split(".")
    return len(core) == _SEMVER_PARTS and all(part.isdigit() for part in core)


def _basic(entry: Mapping[str, Any]) -> str:
    import base64

    return base64.b64encode(f"{entry['username']}:{entry['password']}".encode()).decode()
