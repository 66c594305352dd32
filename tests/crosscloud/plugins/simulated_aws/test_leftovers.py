"""What a destroy forgot is found in the simulated AWS, and what any account has is not taken for it."""

from crosscloud.plugins.simulated_aws.leftovers import leftovers

from .conftest import Aws

SETTINGS = {"aws:region": "us-east-1"}


def test_what_is_there_is_listed_until_it_is_removed(aws: Aws) -> None:
    before = set(leftovers(SETTINGS))
    vpc = aws.make("Vpc", cidrBlock="10.0.0.0/16")
    assert set(leftovers(SETTINGS)) - before == {f"Vpc {vpc} in the simulated cloud"}
    aws.delete("Vpc", vpc)
    assert set(leftovers(SETTINGS)) == before


def test_a_new_account_has_nothing_that_was_left(aws: Aws) -> None:
    assert aws
    assert [line for line in leftovers(SETTINGS) if line.startswith(("Vpc", "Role", "Volume"))] == []
