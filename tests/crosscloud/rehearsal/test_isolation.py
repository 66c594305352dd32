"""A rehearsal can't reach anything real, and nothing real can reach what is simulated."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from crosscloud import paths
from crosscloud.engine.environment import pulumi_environment
from crosscloud.rehearsal import isolation
from crosscloud.rehearsal.place import BusyError, held, place_of
from crosscloud.rehearsal.simulations import SIMULATIONS

REAL = [
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL",
    "AZURE_CLIENT_SECRET", "ARM_CLIENT_SECRET", "ARM_SUBSCRIPTION_ID",
    "GOOGLE_CREDENTIALS", "GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT",
    "METAL_AUTH_TOKEN", "PACKET_AUTH_TOKEN", "EQUINIX_API_ENDPOINT",
    "PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_STACK", "KUBECONFIG",
]  # fmt: skip


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What a rehearsal runs with for a user who is logged in everywhere."""
    monkeypatch.setenv("CROSSCLOUD_HOME", str(tmp_path / "home"))
    base = {**dict.fromkeys(REAL, "real"), "PULUMI_BACKEND_URL": "s3://production", "PATH": "/usr/bin", "TERM": "vt100"}
    return isolation.environment(place_of("aws").folder, base)


def test_no_credential_gets_in(environment: dict[str, str]) -> None:
    assert [name for name in REAL if environment.get(name) == "real"] == []
    assert environment["TERM"] == "vt100"


def test_credentials_in_files_are_out_of_reach(environment: dict[str, str]) -> None:
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AZURE_CONFIG_DIR", "CLOUDSDK_CONFIG"):
        assert not Path(environment[name]).exists(), name
    assert environment["AWS_EC2_METADATA_DISABLED"] == "true"


def test_the_state_and_its_passphrase_are_its_own(environment: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "home" / "rehearsals" / "aws"
    assert environment["PULUMI_BACKEND_URL"] == f"file://{folder}/state"
    passphrase = Path(environment["PULUMI_CONFIG_PASSPHRASE_FILE"])
    assert passphrase == folder / "passphrase"
    assert passphrase.stat().st_mode & 0o777 == 0o600
    assert environment["CROSSCLOUD_PROJECT"] == str(folder / "project")
    assert environment[isolation.REHEARSAL] == str(folder)


def test_a_real_run_is_no_rehearsal_and_names_no_simulated_plugin() -> None:
    assert isolation.REHEARSAL not in pulumi_environment({"PATH": "/usr/bin", "PULUMI_BACKEND_URL": "s3://x"})
    named = YAML(typ="safe").load(paths.ROOT / "Pulumi.yaml")["plugins"]["providers"]
    assert [provider["name"] for provider in named] == ["crosscloud"]


def test_the_engine_finds_no_simulated_plugin_by_itself() -> None:
    installed = Path(pulumi_environment()["PULUMI_HOME"]) / "plugins"
    places = [*installed.glob("**/pulumi-resource-*"), *paths.home().glob("bin/pulumi-resource-*")]
    assert [place for place in places if "simulated" in place.read_bytes().decode(errors="replace")] == []
    providers = {simulation.provider for simulation in SIMULATIONS.values()}
    on_path = [Path(folder) / f"pulumi-resource-{name}" for folder in os.get_exec_path() for name in providers]
    assert [
        file for file in on_path if file.exists() and "simulated" in file.read_bytes().decode(errors="replace")
    ] == []


@pytest.mark.parametrize("package", sorted({simulation.package for simulation in SIMULATIONS.values()}))
def test_a_simulated_plugin_refuses_to_start_outside_of_a_rehearsal(package: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != isolation.REHEARSAL}
    command = [sys.executable, "-m", f"crosscloud.plugins.{package}", "127.0.0.1:1"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode != 0
    assert "works only within `crosscloud rehearse`" in done.stderr
    assert done.stdout == ""


def test_two_rehearsals_of_a_stack_don_t_get_in_each_others_way(environment: dict[str, str]) -> None:
    assert environment
    with held(place_of("aws")), held(place_of("gce")):
        second = held(place_of("aws"))
        with pytest.raises(BusyError, match="a rehearsal of stack aws is at work"):
            second.__enter__()
    with held(place_of("aws")):
        pass
