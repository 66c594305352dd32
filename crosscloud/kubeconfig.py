"""Kubeconfig files: made, read, checked, merged and written, without ever showing what is secret in them.

A kubeconfig of ours has one cluster, one user and one context, all named after the cluster, so that several clusters
can share one file. Messages name entries and fields only: a value may be a key or a token.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from crosscloud.errors import CrosscloudError
from crosscloud.files import write_text

#: The lists of a kubeconfig, and the key that holds the body of each of their entries.
SECTIONS = {"clusters": "cluster", "users": "user", "contexts": "context"}
#: Fields that name a file; kubectl reads a relative one as relative to the kubeconfig's folder.
FILE_FIELDS = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
#: Fields that hold base64 of a PEM file.
PEM_FIELDS = ("certificate-authority-data", "client-certificate-data", "client-key-data")


class KubeconfigError(CrosscloudError):
    """A kubeconfig can't be used; the message lists everything that is wrong with it."""

    def __init__(self, source: str, problems: list[str]) -> None:
        lines = "\n".join(f"  - {problem}" for problem in problems)
        super().__init__(f"{source} is not a usable kubeconfig:\n{lines}")
        self.problems = problems


@dataclass(frozen=True, repr=False)
class Kubeconfig:
    """A kubeconfig that passed ``parse``: ``document`` is the whole file as YAML reads it."""

    document: Mapping[str, Any]

    def __repr__(self) -> str:
        """Name the contexts and nothing else: this text ends up in logs and tracebacks."""
        return f"Kubeconfig(contexts={self.contexts}, current={self.current_context!r})"

    @property
    def contexts(self) -> list[str]:
        """The names of the contexts, in the file's order."""
        return [entry["name"] for entry in self.document["contexts"]]

    @property
    def current_context(self) -> str:
        """The context that is used when none is asked for."""
        return str(self.document["current-context"])

    @property
    def server(self) -> str:
        """The URL of the current context's API server."""
        context = _body(self.document, "contexts", self.current_context)
        return str(_body(self.document, "clusters", context["cluster"])["server"])

    @property
    def text(self) -> str:
        """The file's text. It holds credentials: hand it to ``write`` or to a secret output, never to a log."""
        return yaml.safe_dump(dict(self.document), sort_keys=False)

    def named(self, name: str) -> "Kubeconfig":
        """Return the current context alone, with its cluster, user and context all called ``name``."""
        context = _body(self.document, "contexts", self.current_context)
        cluster = _body(self.document, "clusters", context["cluster"])
        user = _body(self.document, "users", context["user"])
        return _single(name, cluster, user, {k: v for k, v in context.items() if k not in ("cluster", "user")})


def build(name: str, *, server: str, ca: str, certificate: str, key: str) -> Kubeconfig:
    """Make a kubeconfig for ``name`` from its API server's URL and three PEM texts (CA, certificate, private key)."""
    encoded = [base64.b64encode(pem.encode()).decode() for pem in (certificate, key)]
    user = {"client-certificate-data": encoded[0], "client-key-data": encoded[1]}
    return build_for(name, server=server, ca=ca, user=user)


def build_for(name: str, *, server: str, ca: str, user: Mapping[str, Any]) -> Kubeconfig:
    """Make a kubeconfig for ``name`` whose user is known by other means: ``user`` is the body of its entry."""
    cluster = {"server": server, "certificate-authority-data": base64.b64encode(ca.encode()).decode()}
    return parse(_single(name, cluster, dict(user), {}).text, source=f"the kubeconfig of {name}")


def load(path: Path) -> Kubeconfig:
    """Read and check a file; relative file names in it become absolute, so that the result can be written elsewhere."""
    return parse(_read(path), source=str(path), folder=path.resolve().parent)


def parse(text: str, *, source: str = "the text", folder: Path | None = None) -> Kubeconfig:
    """Check a kubeconfig's text; raise ``KubeconfigError`` with every problem. ``folder`` resolves relative files."""
    document = _lists(text, source)
    bodies = {section: {entry["name"]: entry[key] for entry in document[section]} for section, key in SECTIONS.items()}
    problems: list[str] = []
    for check in (_check_contexts, _check_clusters, _check_pem):
        check(document, bodies, problems)
    if problems:
        raise KubeconfigError(source, problems)
    return Kubeconfig(_absolute(document, folder) if folder else document)


def write(path: Path, config: Kubeconfig) -> None:
    """Write the file whole or not at all, readable by its owner only (0600); its folder is made if need be."""
    path = path.resolve()  # a link stays a link: its target is replaced
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_text(path, config.text, 0o600)


def merge(path: Path, config: Kubeconfig) -> None:
    """Add ``config`` to the file and make its context current; entries of the same names are replaced, others kept.

    The others may be broken (a context whose user is gone, no entry at all): what kubectl tolerates is left alone.
    """
    if not path.exists():
        write(path, config)
        return
    document = _lists(_read(path), str(path))
    for section in SECTIONS:
        new = list(config.document[section])
        names = {entry["name"] for entry in new}
        document[section] = [entry for entry in document[section] if entry["name"] not in names] + new
    document["current-context"] = config.current_context
    write(path, Kubeconfig(document))


def remove(path: Path, name: str) -> None:
    """Take the cluster, user and context called ``name`` out of the file; a file that holds nothing else goes too."""
    if not path.exists():
        return
    document = _lists(_read(path), str(path))
    for section in SECTIONS:
        document[section] = [entry for entry in document[section] if entry["name"] != name]
    if not any(document[section] for section in SECTIONS):
        path.unlink()
        return
    if document.get("current-context") == name:
        document["current-context"] = document["contexts"][0]["name"] if document["contexts"] else ""
    write(path, Kubeconfig(document))


def _single(name: str, cluster: Any, user: Any, context: Mapping[str, Any]) -> Kubeconfig:
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, **context}}],
        "current-context": name,
    }
    return Kubeconfig(document)


def _body(document: Mapping[str, Any], section: str, name: str) -> Mapping[str, Any]:
    entries: list[dict[str, Any]] = document[section]
    found: Mapping[str, Any] = next(entry[SECTIONS[section]] for entry in entries if entry["name"] == name)
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KubeconfigError(str(path), [getattr(error, "strerror", None) or "not UTF-8 text"]) from None


def _lists(text: str, source: str) -> dict[str, Any]:
    """Read the text and check its outer shape: three lists of named mappings (none counts as empty)."""
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        # The error's own words quote the lines around the fault, which may hold a key.
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        raise KubeconfigError(source, [f"not YAML{where}"]) from None
    if not isinstance(document, dict) or document.get("kind") != "Config" or document.get("apiVersion") != "v1":
        raise KubeconfigError(source, ["it has to be a mapping with apiVersion: v1 and kind: Config"])
    document = {**document, **{section: document.get(section) or [] for section in SECTIONS}}
    problems = [problem for section in SECTIONS for problem in _check_list(document[section], section)]
    if problems:
        raise KubeconfigError(source, problems)
    return document


def _check_list(entries: object, section: str) -> list[str]:
    if not isinstance(entries, list):
        return [f"{section}: has to be a list"]
    key, names, problems = SECTIONS[section], set(), []
    for index, entry in enumerate(entries):
        if (
            not isinstance(entry, dict)
            or not isinstance(entry.get("name"), str)
            or not isinstance(entry.get(key), dict)
        ):
            problems.append(f"{section}[{index}]: needs a name and a mapping called {key}")
        elif entry["name"] in names:
            problems.append(f"{section}: two entries are called {entry['name']!r}")
        else:
            names.add(entry["name"])
    return problems


Bodies = dict[str, dict[str, dict[str, Any]]]


def _check_contexts(document: dict[str, Any], bodies: Bodies, problems: list[str]) -> None:
    for name, context in bodies["contexts"].items():
        for key, section in (("cluster", "clusters"), ("user", "users")):
            if context.get(key) not in bodies[section]:
                problems.append(f"context {name!r}: its {key} {context.get(key)!r} is not among the {section}")
    if document.get("current-context") not in bodies["contexts"]:
        problems.append(
            "current-context: has to name one of the contexts: " + (", ".join(bodies["contexts"]) or "there is none")
        )


def _check_clusters(_: dict[str, Any], bodies: Bodies, problems: list[str]) -> None:
    for name, cluster in bodies["clusters"].items():
        url = urlsplit(str(cluster.get("server", "")))
        if url.scheme not in ("https", "http") or not url.hostname:
            problems.append(f"cluster {name!r}: server has to be a URL such as https://192.0.2.1:6443")


def _check_pem(_: dict[str, Any], bodies: Bodies, problems: list[str]) -> None:
    for section in ("clusters", "users"):
        for name, body in bodies[section].items():
            problems.extend(
                f"{SECTIONS[section]} {name!r}: {field} is not base64 of a PEM file"
                for field in PEM_FIELDS
                if field in body and not _is_pem(body[field])
            )


def _is_pem(value: object) -> bool:
    try:
        return b"-----BEGIN " in base64.b64decode(str(value), validate=True)
    except (binascii.Error, ValueError):
        return False


def _absolute(document: dict[str, Any], folder: Path) -> dict[str, Any]:
    def body(values: dict[str, Any]) -> dict[str, Any]:
        return {k: str(folder / v) if k in FILE_FIELDS and isinstance(v, str) else v for k, v in values.items()}

    def entries(section: str) -> list[dict[str, Any]]:
        key = SECTIONS[section]
        return [{**entry, key: body(entry[key])} for entry in document[section]]

    return {**document, "clusters": entries("clusters"), "users": entries("users")}
