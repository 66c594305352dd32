"""A simulated Equinix Metal without machines for each test."""

import os
from pathlib import Path
from typing import Any

import pytest

from crosscloud.plugins.base import Call, Values
from crosscloud.plugins.simulated import Cloud, Record, RecordedResource, describe
from crosscloud.plugins.simulated_equinix_metal.__main__ import RESOURCES

PROJECT = "11111111-2222-3333-4444-555555555555"
OPERATOR = "203.0.113.7"


class Metal:
    """Asks the plugin for what the engine would ask it for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cloud = Cloud()
        self._of: dict[str, RecordedResource] = {resource.__name__: resource() for resource in RESOURCES}

    def resource(self, kind: str) -> RecordedResource:
        return self._of[kind]

    def refused(self, kind: str, **inputs: Any) -> str:
        """Return all that is wrong with the inputs."""
        _, failures = self._of[kind].check(self._call(kind, "x"), Values(), Values(inputs))
        return "\n".join(f"{failure.property}: {failure.reason}" for failure in failures)

    def make(self, kind: str, name: str = "x", **inputs: Any) -> tuple[str, dict[str, Any]]:
        assert not self.refused(kind, **inputs)
        made, outputs = self._of[kind].create(self._call(kind, name), Values(inputs))
        return made, dict(outputs)

    def replaced_by(self, kind: str, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """Tell whether a change of inputs asks for another one."""
        found = self._of[kind].diff(self._call(kind, "x"), "id", Values(old), Values(old), Values(new))
        return bool(found.replaces)

    def update(self, kind: str, made: str, old: dict[str, Any], new: dict[str, Any]) -> None:
        record = self.cloud.get(kind, made)
        assert record
        self._of[kind].update(self._call(kind, "x"), made, Values(old), Values(record.outputs), Values(new))

    def read(self, kind: str, record: Record) -> dict[str, Any] | None:
        found = self._of[kind].read(self._call(kind, "x"), record.id, Values(record.inputs), Values(record.outputs))
        return None if found is None else dict(found)

    def delete(self, kind: str, made: str) -> None:
        record = self.cloud.get(kind, made)
        assert record
        self._of[kind].delete(self._call(kind, "x"), made, Values(record.inputs), Values(record.outputs))

    def device(self, name: str = "one", **more: Any) -> tuple[str, dict[str, Any]]:
        return self.make("Device", name, **device_inputs(hostname=name, **more))

    def block(self, **more: Any) -> dict[str, Any]:
        return self.make("ReservedIpBlock", projectId=PROJECT, metro="da", quantity=1, **more)[1]

    def _call(self, kind: str, name: str) -> Call:
        token = describe(self._of[kind].sdk).token
        return Call(f"urn:pulumi:s::p::{token}::{name}")


def device_inputs(**more: Any) -> dict[str, Any]:
    """Return what a device is made of; a None leaves an input out."""
    inputs = {
        "projectId": PROJECT,
        "metro": "da",
        "plan": "m3.small.x86",
        "operatingSystem": "debian_12",
        "hostname": "one",
        "userData": "#cloud-config\n",
        **more,
    }
    return {key: value for key, value in inputs.items() if value is not None}


@pytest.fixture
def metal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Metal:
    folder = tmp_path / f"metal-{os.getpid()}"  # things on this host carry its name
    folder.mkdir()
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL", str(folder))
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL_MACHINES", "no")
    monkeypatch.setenv("CROSSCLOUD_REHEARSAL_OPERATOR", OPERATOR)
    monkeypatch.delenv("CROSSCLOUD_REHEARSAL_FAULT", raising=False)
    return Metal(folder)
