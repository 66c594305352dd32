"""Which faults there are, and what the command takes for one."""

import pytest

from crosscloud.rehearsal.faults import FAULTS, UnknownFaultError, boot_minutes, parse


@pytest.mark.parametrize("name", FAULTS)
def test_each_is_known_by_its_name(name: str) -> None:
    assert parse(name).says == FAULTS[name]


def test_no_capacity_may_be_in_one_zone() -> None:
    fault = parse("no-capacity=us-east-1a")
    assert fault.text == "no-capacity=us-east-1a"
    assert fault.says == "the cloud has no machine of the asked size left in us-east-1a"


@pytest.mark.parametrize("text", ["", "no-capacity=", "api-error=us-east-1a", "fire"])
def test_anything_else_is_refused_with_the_list(text: str) -> None:
    with pytest.raises(UnknownFaultError, match=r"no-capacity.*\n.*api-error"):
        parse(text)


def test_where_a_machine_does_not_boot_nobody_waits_as_long_as_a_cloud_deserves() -> None:
    assert boot_minutes(parse("no-boot")) == 1
    assert boot_minutes(parse("api-error")) is None
    assert boot_minutes(None) is None
