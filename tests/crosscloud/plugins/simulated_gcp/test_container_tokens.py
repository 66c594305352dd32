"""Access tokens of the simulated Google: handed out again while they are good, and known to clusters as Secrets."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crosscloud.plugins.base import Call, Secret, Values
from crosscloud.plugins.simulated import Cloud, rehearsal
from crosscloud.plugins.simulated_gcp import container_tokens as tokens
from tests.crosscloud.plugins.simulated_gcp.google import Google


def test_a_token_is_handed_out_again_until_its_last_minutes(google: Google, monkeypatch: pytest.MonkeyPatch) -> None:
    first, new = tokens.current(google.cloud)
    assert new
    assert tokens.current(google.cloud) == (first, False)
    later = first.ends - tokens.LEAST + 1
    monkeypatch.setattr(time, "time", lambda: later)
    second, new = tokens.current(google.cloud)
    assert new
    assert second.value != first.value


def test_it_ends_within_the_hour_and_lies_in_a_file_for_its_owner_alone(google: Google) -> None:
    token, _ = tokens.current(google.cloud)
    assert 0 < token.ends - time.time() <= 3600
    files = [file for file in Path(rehearsal.folder()).rglob("*") if file.is_file() and token.value in file.read_text()]
    assert [oct(file.stat().st_mode & 0o777) for file in files] == ["0o600"]


def test_a_cluster_knows_it_by_kubernetes_own_means(google: Google) -> None:
    token, _ = tokens.current(google.cloud)
    secret = token.secret
    assert secret["type"] == "bootstrap.kubernetes.io/token"
    data = secret["stringData"]
    assert f"{data['token-id']}.{data['token-secret']}" == token.value
    ends = datetime.strptime(data["expiration"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert ends.timestamp() == int(token.ends)
    assert data["auth-extra-groups"].startswith("system:bootstrappers:")  # the API server takes no other group


def test_clusters_are_told_of_a_new_token_once(google: Google) -> None:
    told: list[tokens.AccessToken] = []

    def tell(_cloud: Cloud, token: tokens.AccessToken) -> None:
        told.append(token)

    answer = tokens.client_config(google.cloud, lambda: {"project": "p"}, tell)
    first, second = (answer(Call(urn=""), Values()) for _ in range(2))
    assert isinstance(first["accessToken"], Secret)
    assert first["accessToken"].value == second["accessToken"].value == told[0].value
    assert len(told) == 1
    assert first["project"] == "p"
