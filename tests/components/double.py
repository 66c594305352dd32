"""The engine's own test double, as far as it is the same for every cloud, and how a program is run against it."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, rpc

from components.cluster import Cluster
from crosscloud import config
from crosscloud.release import Image, Release

GOLDENS = Path(__file__).parent / "goldens"
DIGEST = "sha256:" + "0123456789abcdef" * 4
IMAGES = Release(
    **{name: Image(f"registry.cncf.ci/{name}", "ci-v1.6.3.fd07e315.6097", DIGEST) for name in Release.__slots__}
)
USERS = "203.0.113.0/24"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ me@example.com"
#: What our own plugin answers, by the name of the type: the same on every cloud.
OURS: Mapping[str, Mapping[str, Any]] = {
    "ClusterCredentials": {
        "bootstrapToken": "abcdef.0123456789abcdef",
        "certificateKey": "c" * 64,
        "administratorKey": "a private key",
        "administratorRequest": "a request",
    },
    "ClusterAccess": {"kubeconfig": "a kubeconfig", "kubernetesVersion": "v1.6.3"},
    "Node": {"kubeletVersion": "v1.6.3"},
    "NodeGroup": {"nodes": []},
}


class Engine(Mocks):
    """Answers as our own plugin does, and keeps what is registered; a cloud's adds what its cloud answers."""

    #: How the types of the resources begin that golden files hold: ``"aws:"``.
    prefix = ""
    #: What stands in golden files for the values of keys that change with other things than the cluster's own code:
    #: the digest of the scripts of the first boot is another one with every edit of a script.
    masked: Mapping[str, str] = {"firstBoot": "[first boot]"}

    def __init__(self) -> None:
        self.made: list[MockResourceArgs] = []

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        self.made.append(args)
        ours = OURS.get(args.typ.removeprefix("crosscloud:index:"), {})
        return self.identity(args), {**args.inputs, **ours, **self.outputs(args)}

    def identity(self, args: MockResourceArgs) -> str:
        """Return the id of a resource."""
        return f"{args.name}-id"

    def outputs(self, args: MockResourceArgs) -> Mapping[str, Any]:  # noqa: ARG002 - a cloud's own looks at it
        """Return what the cloud tells of a resource beside its inputs and `OURS`; ``made`` holds it already."""
        return {}

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(f"not a question of this cluster: {args.token}")

    @property
    def order(self) -> list[str]:
        """What was asked for, in order: ``Node demo-control-plane-0``."""
        return [f"{kind_of(one)} {one.name}" for one in self.made]

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the inputs of all resources of a type, by name."""
        return {one.name: one.inputs for one in self.made if kind_of(one) == kind}

    def one(self, kind: str) -> dict[str, Any]:
        """Return the inputs of the only resource of a type."""
        (found,) = (one.inputs for one in self.made if kind_of(one) == kind)
        return cast(dict[str, Any], found)

    def plain(self, value: Any) -> Any:
        """Return a value as plain data, secrets and what is ``masked`` by their kind alone."""
        if rpc.is_rpc_secret(value):
            return self.secret(value)
        if isinstance(value, dict):
            return {key: self.masked.get(key) or self.plain(inner) for key, inner in value.items()}
        return [self.plain(inner) for inner in value] if isinstance(value, list) else value

    def secret(self, value: Any) -> Any:  # noqa: ARG002 - a cloud's own looks at it
        """Return what stands for a secret in golden files."""
        return "[secret]"


EngineT = TypeVar("EngineT", bound=Engine)
ClusterT = TypeVar("ClusterT", bound=Cluster)


def kind_of(one: MockResourceArgs) -> str:
    """Return the type's own name: ``Instance`` of ``aws:ec2/instance:Instance``."""
    return str(one.typ).rpartition(":")[2]


def use(engine: EngineT) -> EngineT:
    """Have the programs that run from now on talk to an engine; return it."""
    pulumi.runtime.set_mocks(engine, project="crosscloud", stack="test")
    return engine


def make_cluster(
    cluster: Callable[[Any, Release], ClusterT], values: Mapping[str, Any], release: Release = IMAGES
) -> ClusterT:
    """Run a program that makes the cluster of the stack ``demo`` with a configuration, to its end."""
    stack = config.load(values, stack="demo", files=False)
    made: list[ClusterT] = []

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> pulumi.Output[Any]:
        made.append(cluster(stack, release))
        return pulumi.Output.all(made[0].kubeconfig, made[0].nodes)

    program()
    return made[0]


def seen(engine: Engine) -> list[dict[str, Any]]:
    """Return what the cloud is asked for as plain data, in an order that is always the same."""
    made = [
        {"type": one.typ, "name": one.name, "inputs": engine.plain(one.inputs)}
        for one in engine.made
        if one.typ.startswith(engine.prefix)
    ]
    return sorted(made, key=lambda one: (one["type"], one["name"]))


def same_as_golden(found: Any, name: str) -> None:
    """Hold plain data against a golden file, which ``CROSSCLOUD_UPDATE_GOLDEN`` writes anew."""
    text = json.dumps(found, indent=2, sort_keys=True) + "\n"
    golden = GOLDENS / name
    if os.environ.get("CROSSCLOUD_UPDATE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")
