"""A cloud's cluster, made under the engine's test double, as a list of the resources that were asked for."""

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import pulumi
from pulumi.runtime import rpc

from components import create_cluster
from crosscloud import config
from policy.engine import hidden
from policy.rules.rule import Resource
from tests.components import double

API = ("198.51.100.16/28", "203.0.113.7/32")
SSH = ("198.51.100.99/32",)
OWNER = "security-test"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ me@example.com"
#: What stands for secrets in the clouds' test doubles: none of it may be in what is not secret.
SECRETS = ("0123456789abcdef", "c" * 64, "a private key", "a kubeconfig", "#cloud-config")
_ROOT_FOLDERS = {"packet": {"packet": {"projectId": "11111111-2222-3333-4444-555555555555"}}}


@dataclass(frozen=True)
class Made(Resource):
    """A resource as the rules of the pack take it, and its SDK class.

    That is ``pulumi_aws.ec2.instance:Instance``, or empty for our own. ``props`` are the inputs, ``shown`` the same
    with what is secret left out.
    """

    sdk: str = ""


@dataclass(frozen=True)
class Program:
    """What a program made, and whether the cluster's kubeconfig is secret."""

    made: tuple[Made, ...]
    kubeconfig_is_secret: bool

    def of(self, *kinds: str) -> list[Made]:
        """Return what is of these kinds."""
        return [one for one in self.made if one.kind in kinds]


@cache
def program(cloud: str, *, ssh: bool = False) -> Program:
    """Run the program of a stack with three control planes, and with SSH if asked for."""
    module = import_module(f"tests.components.test_{cloud}")
    given: dict[str, Any] = {
        "cloud": cloud,
        "apiAccessCidrs": list(API),
        "owner": OWNER,
        **_ROOT_FOLDERS.get(cloud, {}),
    }
    if cloud != "gke":
        given["controlPlanes"] = {"count": 3}
    if ssh:
        given |= {"sshAccessCidrs": list(SSH), "adminSshKey": KEY}
    stack = config.load(given, stack="demo", files=False)
    pulumi.runtime.set_all_config({"aws:region": "us-east-1"})
    engine = double.use(module.Engine())
    release = module.release() if hasattr(module, "release") else double.IMAGES
    classes: dict[str, str] = {}
    secret: list[bool] = []
    original = pulumi.CustomResource.__init__

    def noted(self: pulumi.CustomResource, t: str, *arguments: Any, **named: Any) -> None:
        kind = type(self)
        if kind.__module__.startswith("pulumi_"):
            classes[t] = f"{kind.__module__}:{kind.__name__}"
        original(self, t, *arguments, **named)

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    async def run() -> None:
        secret.append(await create_cluster(stack, release).kubeconfig.is_secret())

    pulumi.CustomResource.__init__ = noted  # type: ignore[method-assign]
    try:
        run()
    finally:
        pulumi.CustomResource.__init__ = original  # type: ignore[method-assign]
    made = (Made(o.typ, o.name, _plain(o.inputs), hidden(o.inputs), sdk=classes.get(o.typ, "")) for o in engine.made)
    return Program(tuple(made), secret[0])


def _plain(value: Any) -> Any:
    value = rpc.unwrap_rpc_secret(value) if rpc.is_rpc_secret(value) else value
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
