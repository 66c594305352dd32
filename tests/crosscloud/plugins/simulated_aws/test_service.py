"""moto's server outlives who started it, keeps what it had, and leaves nothing behind."""

import json
from pathlib import Path

import pytest

from crosscloud.artifacts import process
from crosscloud.plugins.simulated_aws import client, service


def test_it_is_started_once_and_ended_with_all_that_it_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = service.start(tmp_path)
    try:
        monkeypatch.setenv(service.ENDPOINT, environment[service.ENDPOINT])
        client.use_region("us-east-1")
        made = client.ask("ec2", "CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        assert service.start(tmp_path) == environment
        assert client.ask("ec2", "DescribeVpcs", VpcIds=[made])["Vpcs"]
        server = json.loads((tmp_path / "moto/server.json").read_text())
    finally:
        service.stop(tmp_path)
    assert process.started(server["pid"]) != server["started"]
    assert not (tmp_path / "moto").exists()
    service.stop(tmp_path)


def test_it_listens_on_loopback_alone(moto: dict[str, str]) -> None:
    assert moto[service.ENDPOINT].startswith("http://127.0.0.1:")


def test_no_secret_of_who_started_it_stays_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "a passphrase")
    service.start(tmp_path)
    try:
        server = json.loads((tmp_path / "moto/server.json").read_text())
        assert b"a passphrase" not in Path(f"/proc/{server['pid']}/environ").read_bytes()
    finally:
        service.stop(tmp_path)
