"""Recorded resources keep the rules that every cloud has."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from crosscloud import paths
from crosscloud.plugins.base import UNKNOWN, Call, PartialFailure, PluginError, Read, Values
from crosscloud.plugins.simulated import Cloud, RecordedResource, SimulatedProvider, at, declared

pytestmark = pytest.mark.usefixtures("rehearsal")


class Network(RecordedResource):
    sdk = "toycloud:Network"
    computed = ("arn",)
    recomputed = ("arn",)
    replace_on = frozenset({"cidrBlock"})
    autoname = "name"
    unique = ("name",)

    def identify(self, _call: Call, inputs: Values) -> str:
        return f"networks/{inputs['name']}"

    def outputs(self, _call: Call, resource_id: str, _inputs: Values) -> Mapping[str, Any]:
        return {"arn": f"arn:{resource_id}"}


class Machine(RecordedResource):
    sdk = "toycloud:Machine"
    computed = ("address",)
    references = {"networkId": "Network|Vpc"}  # noqa: RUF012


def call(name: str, kind: str = "network", **changes: Any) -> Call:
    urn = f"urn:pulumi:dev::trial::toycloud:index/{kind}:{kind.title()}::{name}"
    return Call(urn=urn, seed=b"seed", **changes)


def net(name: str = "net", **inputs: Any) -> Values:
    return Values({"cidrBlock": "10.0.0.0/16", "name": name, **inputs})


def machine(network: str) -> Values:
    return Values({"networkId": network, "size": "small", "userData": "a-secret"})


@pytest.fixture
def network() -> Network:
    made = Network()
    SimulatedProvider("toycloud", "toycloud", [made, Machine()])
    return made


def test_a_preview_keeps_no_record_and_knows_no_computed_output(network: Network) -> None:
    made, outputs = network.create(call("a", preview=True), net())
    assert made == ""
    assert outputs == {**net(), "arn": UNKNOWN}
    assert Cloud().records() == []


def test_a_creation_echoes_inputs_and_adds_what_is_computed(network: Network) -> None:
    made, outputs = network.create(call("a"), net(tags={"a": "b"}))
    assert made == "networks/net"
    assert outputs == {**net(tags={"a": "b"}), "arn": "arn:networks/net"}
    assert network.read(call("a"), made, net(), Values(outputs)) == outputs


def test_an_update_keeps_what_is_computed_and_drops_what_was_taken_away(network: Network) -> None:
    made, outputs = network.create(call("a"), net(tags={"a": "b"}))
    old, new = net(tags={"a": "b"}), net(rules=[])
    preview = network.update(call("a", preview=True), made, old, Values(outputs), new)
    assert preview == {**new, "arn": UNKNOWN}
    assert network.update(call("a"), made, old, Values(outputs), new) == {**new, "arn": "arn:networks/net"}
    record = Cloud().get("Network", made)
    assert record is not None
    assert record.outputs == {**new, "arn": "arn:networks/net"}


def test_a_property_that_is_taken_away_is_a_change_and_a_fixed_one_replaces(network: Network) -> None:
    old = net(tags={"a": "b"})
    diff = network.diff(call("a"), "networks/net", old, Values(), net(cidrBlock="10.1.0.0/16"))
    assert diff.detailed == {"tags": "delete", "cidrBlock": "update"}
    assert list(diff.replaces) == ["cidrBlock"]


def test_names_are_given_once_and_kept(network: Network) -> None:
    inputs, failures = network.check(call("a"), Values(), Values({"cidrBlock": "10.0.0.0/16"}))
    assert failures == []
    assert inputs["name"].startswith("a-")
    again, _ = network.check(call("a"), Values(inputs), Values({"cidrBlock": "10.0.0.0/16"}))
    assert again["name"] == inputs["name"]
    other, _ = network.check(call("b"), Values(), Values({"cidrBlock": "10.0.0.0/16"}))
    assert other["name"] != inputs["name"]


def test_a_name_is_had_once(network: Network) -> None:
    network.create(call("a"), net())
    with pytest.raises(PluginError, match="Network networks/net already exists"):
        network.create(call("b"), net())


def test_what_is_referred_to_has_to_exist_and_stays_while_it_is(network: Network) -> None:
    machines = Machine()
    with pytest.raises(PluginError, match="Network or Vpc 'networks/net' was not found: networkId of Machine 'm'"):
        machines.create(call("m", "machine"), machine("networks/net"))
    network.create(call("a"), net())
    made, _ = machines.create(call("m", "machine"), machine("networks/net"))
    with pytest.raises(PluginError, match=f"can't be deleted: it is in use by Machine {made}"):
        network.delete(call("a"), "networks/net", net(), Values())
    with pytest.raises(PluginError, match="was not found"):
        machines.update(call("m", "machine"), made, Values(), Values(), machine("networks/other"))
    machines.delete(call("m", "machine"), made, Values(), Values())
    network.delete(call("a"), "networks/net", net(), Values())
    network.delete(call("a"), "networks/net", net(), Values())
    assert Cloud().records() == []
    assert network.read(call("a"), "networks/net", net(), net()) is None


def test_what_drifted_becomes_a_change_of_inputs(network: Network) -> None:
    made, outputs = network.create(call("a"), net(tags={"a": "b"}))
    Cloud().put("Network", made, net(), {**outputs, "tags": {"a": "someone"}})
    read = network.read(call("a"), made, net(tags={"a": "b"}), Values(outputs))
    assert isinstance(read, Read)
    assert read.inputs == net(tags={"a": "someone"})


def test_an_import_takes_its_inputs_from_the_cloud(network: Network) -> None:
    made, outputs = network.create(call("a"), net())
    read = network.read(call("a"), made, Values(), Values())
    assert isinstance(read, Read)
    assert (read, read.inputs) == (outputs, net())


def test_what_a_killed_run_made_is_taken_over_or_removed(network: Network) -> None:
    network.create(call("a"), net())
    again = Network()  # the next run's; the engine knows nothing of the URN
    assert again.create(call("a"), net())[0] == "networks/net"
    renamed = Network()
    assert renamed.create(call("a"), net("other"))[0] == "networks/other"
    assert [one.id for one in Cloud().records()] == ["networks/other"]


def test_what_the_engine_learnt_of_is_not_taken_over(network: Network) -> None:
    network.create(call("a"), net())
    assert network.provider is not None
    network.provider.close()  # an orderly end
    with pytest.raises(PluginError, match="already exists"):
        Network().create(call("a"), net())
    replacing = Network()
    replacing.diff(call("a"), "networks/net", net(), Values(), net("other"))
    assert replacing.create(call("a"), net("other"))[0] == "networks/other"
    assert len(Cloud().records()) == 2


def test_a_creation_that_fails_half_way_is_rolled_back() -> None:
    class Failing(Network):
        def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
            super().make(call, inputs)
            raise PluginError("no more disks")

    with pytest.raises(PluginError, match="no more disks"):
        Failing().create(call("a"), net())
    assert Cloud().records() == []

    # One that is to replace another of the same URN goes alone.
    Network().create(call("a"), net())
    failing = Failing()
    failing.diff(call("a"), "networks/net", net(), Values(), net("new"))
    with pytest.raises(PluginError, match="no more disks"):
        failing.create(call("a"), net("new"))
    assert [one.id for one in Cloud().records()] == ["networks/net"]


def test_what_exists_but_does_not_work_stays() -> None:
    class Halting(Network):
        def make(self, call: Call, inputs: Values) -> tuple[str, Mapping[str, Any]]:
            made, outputs = super().make(call, inputs)
            raise PartialFailure(made, outputs, ["two of three are there"])

    with pytest.raises(PartialFailure):
        Halting().create(call("a"), net())
    assert [one.id for one in Cloud().records()] == ["networks/net"]


def test_records_hold_secrets_for_their_owner_alone(network: Network, rehearsal: Path) -> None:
    network.create(call("a"), net())
    Machine().create(call("m", "machine"), machine("networks/net"))
    files = [file for file in rehearsal.rglob("*.json") if "a-secret" in file.read_text()]
    assert files
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_processes_lose_no_records(rehearsal: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from crosscloud.plugins.simulated import Cloud; c = Cloud()\n"
        "for i in range(20):\n"
        "    with c.transaction():\n"
        "        n = c.get('Counter', 'n'); c.put('Counter', 'n', {'value': n.inputs['value'] + 1 if n else 1}, {})\n"
    )
    environment = {"CROSSCLOUD_REHEARSAL": str(rehearsal), "PYTHONPATH": str(paths.ROOT)}
    workers = [subprocess.Popen([sys.executable, "-c", code], env=environment) for _ in range(3)]
    assert [worker.wait(30) for worker in workers] == [0, 0, 0]
    record = Cloud().get("Counter", "n")
    assert record is not None
    assert record.inputs == {"value": 60}


def test_places_in_inputs_are_found_by_path() -> None:
    inputs = {"ipConfigurations": [{"subnet": {"id": "a"}}, {"subnet": UNKNOWN}, {}, {"subnet": {"id": "b"}}]}
    found = list(at(inputs, "ipConfigurations[].subnet.id"))
    assert found == [("ipConfigurations[0].subnet.id", "a"), ("ipConfigurations[3].subnet.id", "b")]
    assert list(at({"ids": ["a"]}, "ids[]")) == [("ids[0]", "a")]
    assert list(at({"id": None}, "id")) == []


def test_what_a_class_declares_is_held_against_its_sdk() -> None:
    class Wrong(Network):
        computed = ("arm",)
        replace_on = frozenset({"cidr"})
        references = {"vpc.id": "Vpc"}  # noqa: RUF012

    assert list(declared(Network())) == []
    assert list(declared(Wrong())) == [
        "toycloud:Network: arm is no output",
        "toycloud:Network: cidr is no input",
        "toycloud:Network: vpc is no input",
    ]


def test_an_unknown_function_is_named() -> None:
    provider = SimulatedProvider(
        "toycloud", "toycloud", [Network()], {"toycloud:index/getZones:getZones": lambda *_: {}}
    )
    assert provider.version == "1.2.0+simulated"
    with pytest.raises(PluginError, match="does not model the function toycloud:index/getIt:getIt; it has toycloud:"):
        provider.invoke(call("a"), "toycloud:index/getIt:getIt", Values())
    assert json.loads(provider.schema())["name"] == "toycloud"
