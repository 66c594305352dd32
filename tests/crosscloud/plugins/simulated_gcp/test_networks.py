"""Networks, subnetworks, addresses and firewalls keep Google's rules."""

from typing import Any

import pytest

from crosscloud.plugins.base import UNKNOWN, PluginError
from crosscloud.plugins.simulated import declared
from crosscloud.plugins.simulated_gcp import resources_gce
from tests.crosscloud.plugins.simulated_gcp.google import REGION, Google


@pytest.mark.parametrize("resource", resources_gce.RESOURCES, ids=lambda each: each.kind)
def test_every_class_declares_what_its_sdk_knows(resource: Any) -> None:
    assert not list(declared(resource))


def test_ids_and_links_are_google_s(google: Google) -> None:
    network, subnetwork = google.network()
    assert network["id"] == "projects/p/global/networks/net"
    assert subnetwork["id"] == "projects/p/regions/us-central1/subnetworks/machines"
    assert subnetwork["selfLink"] == f"https://www.googleapis.com/compute/v1/{subnetwork['id']}"
    assert subnetwork["gatewayAddress"] == "10.0.0.1"


@pytest.mark.parametrize("form", ["id", "selfLink", "name"])
def test_a_network_is_found_by_id_link_and_name(google: Google, form: str) -> None:
    network = google.make("Network", "net", autoCreateSubnetworks=False)
    google.make("Router", "r", network=network[form], region=REGION)


def test_a_network_that_is_not_there_is_an_error_in_google_s_words(google: Google) -> None:
    with pytest.raises(
        PluginError, match="Error 404: The Network resource 'projects/p/global/networks/no' was not found"
    ):
        google.make("Router", "r", network="projects/p/global/networks/no", region=REGION)


def test_a_network_in_use_can_t_be_deleted(google: Google) -> None:
    network, subnetwork = google.network()
    with pytest.raises(PluginError, match=r"is already being used by .*machines.*resourceInUseByAnotherResource"):
        google.remove("Network", network)
    google.remove("Subnetwork", subnetwork)
    google.remove("Network", network)
    assert not google.cloud.records("Network")


def test_a_name_is_taken_once(google: Google) -> None:
    google.make("Network", "net", autoCreateSubnetworks=False)
    with pytest.raises(PluginError, match="Error 409: The resource 'projects/p/global/networks/net' already exists"):
        google.make("Network", "another", name="net", autoCreateSubnetworks=False)


@pytest.mark.parametrize("name", ["Net", "1net", "net-", "net_1", "n" * 64, ""])
def test_a_name_that_rfc_1035_forbids_is_refused(google: Google, name: str) -> None:
    assert "name" in google.refused("Network", name=name, autoCreateSubnetworks=False)


def test_without_a_name_the_provider_gives_one(google: Google) -> None:
    checked, failures = google.check("Network", "demo", autoCreateSubnetworks=False)
    assert not failures
    assert checked["name"].startswith("demo-")
    assert len(checked["name"]) == len("demo-") + 7


def test_an_unknown_property_and_a_wrong_type_are_refused_by_their_paths(google: Google) -> None:
    found = google.refused("Subnetwork", network="n", ipCidrRange=["10.0.0.0/24"], privateGoogleAcess=True)
    assert set(found) == {"ipCidrRange", "privateGoogleAcess"}


@pytest.mark.parametrize("cidr", ["10.0.0.1/24", "10.0.0.0", "10.0.0.0/30", "127.0.0.0/24", "10.0.0.0/33"])
def test_a_range_that_no_subnetwork_has_is_refused(google: Google, cidr: str) -> None:
    assert "ipCidrRange" in google.refused("Subnetwork", network="n", ipCidrRange=cidr)


def test_what_is_not_known_yet_passes(google: Google) -> None:
    assert not google.refused("Subnetwork", network=UNKNOWN, ipCidrRange=UNKNOWN, name=UNKNOWN)


def test_subnetworks_of_a_network_do_not_overlap(google: Google) -> None:
    network, _ = google.network()
    proxies: dict[str, Any] = {"purpose": "REGIONAL_MANAGED_PROXY", "role": "ACTIVE"}
    with pytest.raises(
        PluginError, match=r"10.0.64.0/23 conflicts with existing subnetwork 'machines' \(10.0.0.0/17\)"
    ):
        google.subnetwork(network, "proxies", "10.0.64.0/23", **proxies)
    google.subnetwork(network, "proxies", "10.0.128.0/23", **proxies)


def test_a_region_of_a_network_has_one_active_subnetwork_for_proxies(google: Google) -> None:
    network, _ = google.network()
    proxies: dict[str, Any] = {"purpose": "REGIONAL_MANAGED_PROXY", "role": "ACTIVE"}
    google.subnetwork(network, "proxies", "10.0.128.0/23", **proxies)
    with pytest.raises(PluginError, match="is the active proxy-only subnetwork"):
        google.subnetwork(network, "more", "10.0.130.0/23", **proxies)


def test_proxies_take_no_less_than_a_26(google: Google) -> None:
    found = google.refused(
        "Subnetwork", network="n", ipCidrRange="10.0.0.0/27", purpose="REGIONAL_MANAGED_PROXY", role="ACTIVE"
    )
    assert "/26" in found["ipCidrRange"]


def test_internal_addresses_are_given_from_the_second_on(google: Google) -> None:
    _, subnetwork = google.network()
    given = [
        google.make("Address", name, addressType="INTERNAL", subnetwork=subnetwork["id"], region=REGION)["address"]
        for name in ("a", "b")
    ]
    assert given == ["10.0.0.2", "10.0.0.3"]


def test_labels_are_held_to_google_s_rule_and_get_the_provider_s_own(google: Google) -> None:
    found = google.refused("Address", labels={"Owner": "x", "ok": "A B"}, region=REGION)
    assert set(found) == {"labels.Owner", "labels.ok"}
    made = google.make("Address", "a", labels={"owner": "x"}, region=REGION)
    assert made["effectiveLabels"] == {"owner": "x", "goog-pulumi-provisioned": "true"}


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        ({"allows": []}, "allows"),
        ({"denies": [{"protocol": "tcp"}]}, "allows"),
        ({"sourceRanges": []}, "sourceRanges"),
        ({"sourceRanges": ["10.0.0.1/8"]}, "sourceRanges[0]"),
        ({"priority": 70000}, "priority"),
        ({"allows": [{"protocol": "tpc"}]}, "allows[0].protocol"),
        ({"allows": [{"protocol": "icmp", "ports": ["1"]}]}, "allows[0].ports"),
        ({"allows": [{"protocol": "tcp", "ports": ["90-80"]}]}, "allows[0].ports[0]"),
        ({"allows": [{"protocol": "tcp", "ports": ["70000"]}]}, "allows[0].ports[0]"),
        ({"targetTags": ["Worker"]}, "targetTags[0]"),
        ({"targetTags": ["worker"], "sourceServiceAccounts": ["a@p"]}, "targetTags"),
        ({"direction": "EGRESS"}, "sourceRanges"),
    ],
)
def test_a_firewall_rule_that_says_nothing_sensible_is_refused(
    google: Google, rule: dict[str, Any], wrong: str
) -> None:
    good = {"network": "n", "allows": [{"protocol": "tcp", "ports": ["22"]}], "sourceRanges": ["0.0.0.0/0"]}
    assert not google.refused("Firewall", **good)
    assert wrong in google.refused("Firewall", **{**good, **rule})


@pytest.mark.parametrize("account", ["short", "a" * 31, "Caps-here", "1digit", "ends-in-"])
def test_an_account_s_id_has_6_to_30_characters(google: Google, account: str) -> None:
    assert "accountId" in google.refused("Account", accountId=account)


def test_an_account_s_id_is_taken_once(google: Google) -> None:
    google.make("Account", "a", accountId="demo-ctrl")
    with pytest.raises(PluginError, match="Service account demo-ctrl already exists"):
        google.make("Account", "b", accountId="demo-ctrl")


def test_a_type_that_is_not_modelled_is_named(google: Google) -> None:
    with pytest.raises(PluginError, match="does not model gcp:compute/disk:Disk"):
        google.provider.resource("gcp:compute/disk:Disk")
