"""Looking for CoreDNS' release.env alone, on the channel head."""

from collections.abc import Mapping

import pytest

from crosscloud.artifacts.collect import catalogue
from crosscloud.problems import ProblemsError
from crosscloud.runs.record import Source

from .conftest import Place


def found(place: Place, **variables: str) -> Source:
    """Find where CoreDNS' release.env is from."""
    return place.part(_wanted(variables)).found.source


def source(place: Place, **variables: str) -> int:
    """Find the pipeline that CoreDNS' release.env is from."""
    return found(place, **variables).pipeline


def refusal(place: Place, **variables: str) -> str:
    """Return what is said of CoreDNS."""
    wanted = _wanted(variables)
    with pytest.raises(ProblemsError) as caught:
        place.part(wanted)
    (problem,) = caught.value.problems
    assert problem.source == str(wanted)
    return str(problem)


def _wanted(variables: Mapping[str, str]) -> catalogue.Wanted:
    return next(one for one in catalogue.wanted("head", variables) if one.prefix == "COREDNS")
