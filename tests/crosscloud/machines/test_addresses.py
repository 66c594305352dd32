"""Which ranges and addresses are given out."""

from ipaddress import IPv4Network

import pytest

from crosscloud.machines import addresses
from crosscloud.machines.errors import MachineError

NETWORK = IPv4Network("10.66.3.0/24")


def test_a_new_network_avoids_what_the_host_uses() -> None:
    taken = [IPv4Network("10.66.0.0/23"), IPv4Network("10.66.2.7/32")]
    assert str(addresses.free_network(taken)) == "10.66.3.0/24"


def test_a_host_without_a_free_range_says_what_to_do() -> None:
    with pytest.raises(MachineError, match=r"10\.66\.0\.0/16 is free .* `cidr`"):
        addresses.free_network([IPv4Network("10.0.0.0/8")])


def test_a_chosen_range_that_the_host_uses_is_refused_with_what_it_overlaps() -> None:
    with pytest.raises(MachineError, match=r"192\.168\.1\.0/25 .*192\.168\.0\.0/16"):
        addresses.ensure_free(IPv4Network("192.168.1.0/25"), [IPv4Network("192.168.0.0/16"), IPv4Network("10.0.0.0/8")])


@pytest.mark.parametrize("prefix", [addresses.PREFIXES[0], 24, addresses.PREFIXES[-1]])
def test_gateway_machines_and_load_balancers_never_compete(prefix: int) -> None:
    network = IPv4Network(f"10.66.0.0/{prefix}")
    gateway = {addresses.gateway(network)}
    machines = set(addresses.machine_addresses(network))
    balancers = set(addresses.balancer_addresses(network))
    assert not gateway & machines
    assert not machines & balancers
    assert gateway | machines | balancers == set(network.hosts())


def test_an_automatic_address_stays_clear_of_those_that_are_chosen() -> None:
    assert addresses.pick_machine(NETWORK, [], None, "worker") == "10.66.3.32"
    assert addresses.pick_machine(NETWORK, ["10.66.3.32", "10.66.3.33"], None, "worker") == "10.66.3.34"


def test_a_chosen_address_is_given() -> None:
    assert addresses.pick_machine(NETWORK, ["10.66.3.11"], "10.66.3.10", "control-plane") == "10.66.3.10"


def test_a_chosen_address_that_is_taken_is_refused() -> None:
    with pytest.raises(MachineError, match=r"10\.66\.3\.10 .*control-plane is taken"):
        addresses.pick_machine(NETWORK, ["10.66.3.10"], "10.66.3.10", "control-plane")


@pytest.mark.parametrize("wanted", ["10.66.3.1", "10.66.3.0", "10.66.3.250", "10.66.4.10"])
def test_an_address_that_no_machine_may_have_is_refused_with_the_range(wanted: str) -> None:
    with pytest.raises(MachineError, match=r"10\.66\.3\.2 to 10\.66\.3\.190"):
        addresses.pick_machine(NETWORK, [], wanted, "control-plane")


def test_a_guarded_networks_machines_may_have_any_address_but_the_gateways() -> None:
    assert addresses.pick_machine(NETWORK, [], "10.66.3.250", "m", anywhere=True) == "10.66.3.250"
    with pytest.raises(MachineError, match=r"10\.66\.3\.2 to 10\.66\.3\.254"):
        addresses.pick_machine(NETWORK, [], "10.66.3.1", "m", anywhere=True)


def test_a_full_network_says_so() -> None:
    everything = [str(one) for one in NETWORK.hosts()]
    with pytest.raises(MachineError, match="no address for the machine worker is left"):
        addresses.pick_machine(NETWORK, everything, None, "worker")
