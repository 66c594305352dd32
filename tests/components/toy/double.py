"""The engine's test double for programs of the toy cloud, and the program."""

import json
from collections.abc import Mapping
from typing import Any, cast

import pulumi
from pulumi.runtime import MockResourceArgs
from pulumi.runtime.mocks import MockMonitor

from components import create_cluster
from components.self_managed import SelfManagedCluster
from crosscloud import config
from crosscloud.release import Image, Release
from tests.components import double
from tests.components.double import DIGEST, kind_of

RELEASE = Release(**{name: Image(f"registry.cncf.ci/{name}", "ci-v1.6.3", DIGEST) for name in Release.__slots__})


class Engine(double.Engine):
    """Answers as the plugins do, and keeps what is asked for with its options."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: dict[str, Any] = {}

    def outputs(self, args: MockResourceArgs) -> Mapping[str, Any]:
        told: dict[str, dict[str, Any]] = {
            "Balancer": {"address": "10.0.0.2"},
            "Machine": {"address": f"10.0.0.{10 + len(self.made)}"},
            "Node": {"nodeName": args.name},
            "NodeGroup": {"nodes": [{"name": "w", "role": "worker", "address": "10.0.1.2", "version": "v1.6.3"}]},
        }
        return told.get(kind_of(args), {})

    def inputs(self, what: str) -> dict[str, Any]:
        """Return the inputs of what ``order`` names."""
        return self.made[self.order.index(what)].inputs

    def options(self, what: str) -> Any:
        """Return the request for what ``order`` names, with all its options."""
        return self.requests[what]

    def named_by(self, what: str, option: str) -> set[str]:
        """Return the resources that an option of another one names (``dependencies``, ``replace_with`` …)."""
        value = getattr(self.requests[what], option)
        urns = [value] if isinstance(value, str) else list(value)
        return {f"{urn.split('::')[2].rpartition(':')[2]} {urn.rpartition('::')[2]}" for urn in urns if urn}


def use(engine: Engine) -> None:
    """Have programs run against the double."""

    class Monitor(MockMonitor):
        def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the engine's name for it
            engine.requests[f"{request.type.rpartition(':')[2]} {request.name}"] = request
            return super().RegisterResource(request)  # type: ignore[no-untyped-call]

    pulumi.runtime.set_mocks(engine, project="crosscloud", stack="Test", monitor=Monitor(engine))


def make(**values: Any) -> SelfManagedCluster:
    """Run a program that makes the stack's cluster on the toy cloud, to its end."""
    given = {"cloud": "toy", "apiAccessCidrs": ["203.0.113.0/24"], **json.loads(json.dumps(values))}
    stack = config.load(given, stack="demo", files=False)
    made: list[SelfManagedCluster] = []

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def program() -> pulumi.Output[Any]:
        made.append(cast(SelfManagedCluster, create_cluster(stack, RELEASE)))
        return pulumi.Output.all(made[0].kubeconfig, made[0].nodes)

    program()
    return made[0]
