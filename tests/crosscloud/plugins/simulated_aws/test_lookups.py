"""The look-ups of the simulated AWS answer from dated files, which agree with what moto knows."""

from typing import Any

import pytest

from crosscloud.plugins.base import Call, PluginError, Values
from crosscloud.plugins.simulated import data
from crosscloud.plugins.simulated_aws import client, lookups
from tests.crosscloud.plugins.simulated_aws.conftest import AMD64, ARM64, Aws

PACKAGE = "crosscloud.plugins.simulated_aws"
CALL = Call(urn="")


def ami(**arguments: Any) -> dict[str, Any]:
    return dict(lookups.ami(CALL, Values(arguments)))


def by(**values: str) -> list[dict[str, Any]]:
    return [{"name": name.replace("_", "-"), "values": [value]} for name, value in values.items()]


@pytest.mark.parametrize("name", ["zones", "images"])
def test_each_file_says_when_and_where_it_is_from(name: str) -> None:
    table = data(PACKAGE, name)
    assert str(table["date"]) >= "2026-01-01"
    assert table["source"]


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("region", ["us-east-1", "ca-central-1", "ap-northeast-1"])
def test_the_zones_are_those_that_moto_takes_subnets_in(region: str) -> None:
    client.use_region(region)
    listed = client.ask("ec2", "DescribeAvailabilityZones")["AvailabilityZones"]
    answer = lookups.availability_zones(CALL, Values({"state": "available"}))
    assert answer["names"] == [zone["ZoneName"] for zone in listed]


@pytest.mark.usefixtures("aws")
def test_the_images_are_those_that_moto_launches() -> None:
    known = {one["ImageId"]: one for one in client.ask("ec2", "DescribeImages")["Images"]}
    assert set(known) == {image["id"] for image in data(PACKAGE, "images")["images"]}
    for identifier, one in known.items():
        found = ami(filters=by(image_id=identifier))
        assert found["architecture"] == one["Architecture"]
        assert found["rootDeviceName"] == one["RootDeviceName"]


@pytest.mark.parametrize(("architecture", "newest"), [("x86_64", AMD64), ("arm64", ARM64)])
def test_the_newest_image_is_taken_if_that_is_asked_for(architecture: str, newest: str) -> None:
    filters = by(name="debian-12-*", architecture=architecture)
    assert ami(owners=["136693071363"], mostRecent=True, filters=filters)["id"] == newest
    with pytest.raises(PluginError, match="more than one result"):
        ami(owners=["136693071363"], filters=filters)


def test_an_image_of_nobody_is_not_found_in_the_providers_words() -> None:
    with pytest.raises(PluginError, match="Your query returned no results"):
        ami(owners=["099720109477"], mostRecent=True)


def test_a_filter_that_is_not_rehearsed_is_refused() -> None:
    with pytest.raises(PluginError, match="does not filter by tag:Name"):
        ami(mostRecent=True, filters=[{"name": "tag:Name", "values": ["x"]}])


def test_zones_that_were_excluded_are_left_out() -> None:
    answer = lookups.availability_zones(CALL, Values({"region": "eu-west-1", "excludeNames": ["eu-west-1b"]}))
    assert answer["names"] == ["eu-west-1a", "eu-west-1c"]
    with pytest.raises(PluginError, match="knows no region mars-1"):
        lookups.availability_zones(CALL, Values({"region": "mars-1"}))


def test_what_moto_can_t_be_asked_is_an_error_that_says_so(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL_AWS", "http://127.0.0.1:9")
    with pytest.raises(PluginError, match=r"does not answer.*take the rehearsal down and begin again"):
        aws.network()
    monkeypatch.delenv("CROSSCLOUD_REHEARSAL_AWS")
    with pytest.raises(PluginError, match="works only within `crosscloud rehearse`"):
        aws.network()
