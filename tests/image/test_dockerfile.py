"""What the Dockerfile says, before anything is built of it."""

import os
import re
import subprocess
import sys
from pathlib import Path

from crosscloud import paths
from tests.image import sdk_parts

DOCKERFILE = paths.ROOT / "Dockerfile"
PARTS = paths.ROOT / "toolchain" / "image" / "parts.txt"


def test_hadolint_finds_nothing() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, "--no-color", DOCKERFILE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_hadolint_would_find_something() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    bad = "FROM debian:latest\nRUN apt-get install git\n"
    done = subprocess.run([hadolint, "-"], input=bad, capture_output=True, text=True, check=False)
    assert done.returncode != 0


def test_the_base_is_pinned_by_version_and_digest() -> None:
    assert re.search(r"^ARG BASE=debian:bookworm-\d{8}-slim@sha256:[0-9a-f]{64}$", DOCKERFILE.read_text(), re.MULTILINE)


def test_every_stage_is_made_from_the_base_or_another_stage() -> None:
    text = DOCKERFILE.read_text()
    stages = {"${BASE}", *re.findall(r"^FROM \S+ AS (\S+)$", text, re.MULTILINE)}
    assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) <= stages


def test_no_address_of_a_registry_or_mirror_is_in_it() -> None:
    assert re.findall(r"https?://\S+", DOCKERFILE.read_text()) == []


def test_every_step_that_is_given_the_settings_of_registries_goes_by_them() -> None:
    steps = re.findall(r"^RUN (?:.*\\\n)*.*$", DOCKERFILE.read_text(), re.MULTILINE)
    given = [step for step in steps if "id=registries" in step]
    assert len(given) == 4
    assert all(re.search(r"with-registries \S+ ?", step) for step in given)


def test_the_image_keeps_the_parts_of_the_sdks_that_the_program_names() -> None:
    comments = [line for line in PARTS.read_text().splitlines() if line.startswith("#")]
    if os.environ.get("CROSSCLOUD_UPDATE_GOLDEN"):
        PARTS.write_text("\n".join([*comments, *sdk_parts.used(), ""]))
    kept = [line for line in PARTS.read_text().splitlines() if line not in comments]
    assert kept == sdk_parts.used(), "CROSSCLOUD_UPDATE_GOLDEN=1 writes toolchain/image/parts.txt anew"


def test_parts_are_named_by_attributes_imports_and_tokens() -> None:
    source = """
import pulumi_aws as aws
from pulumi_gcp import compute
from pulumi_kubernetes.helm.v3 import Release
def f():
    return aws.ec2.Vpc, compute, Release, "pulumi_azure_native.network:LoadBalancer"
"""
    expected = {
        ("pulumi_aws", "ec2"),
        ("pulumi_gcp", "compute"),
        ("pulumi_kubernetes", "helm"),
        ("pulumi_azure_native", "network"),
    }
    assert set(sdk_parts.named(source)) == expected
