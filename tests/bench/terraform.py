"""`pulumi preview` beside `terraform plan`: the same resources of AWS, against the same simulated service.

Terraform runs its genuine AWS provider, Pulumi the simulated one, both against one server of moto: what is compared is
a program with an engine, and not the two providers. Without Terraform, or where its AWS provider can't be had
(``$CROSSCLOUD_TERRAFORM_PLUGINS`` may name a folder that holds it), there are no figures.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import yaml

from crosscloud import paths
from crosscloud.plugins.simulated_aws import service
from crosscloud.rehearsal import isolation
from crosscloud.rehearsal.place import Place
from crosscloud.rehearsal.simulations import SIMULATIONS
from tests.bench.figures import Figure, ratio, timed
from tests.cluster.project import TestStack

#: Security groups beside their one VPC.
_GROUPS = 100
_PROGRAM = f"""\
import pulumi_aws as aws

vpc = aws.ec2.Vpc("bench", cidr_block="10.0.0.0/16")
for number in range({_GROUPS}):
    aws.ec2.SecurityGroup(f"bench-{{number}}", name=f"bench-{{number}}", description="a group", vpc_id=vpc.id)
"""
_CONFIGURATION = """\
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}
provider "aws" {
  region = "us-east-1"
  access_key = "simulated"
  secret_key = "simulated"
  skip_credentials_validation = true
  skip_requesting_account_id = true
  skip_metadata_api_check = true
  endpoints {
    ec2 = "%s"
    sts = "%s"
  }
}
resource "aws_vpc" "bench" {
  cidr_block = "10.0.0.0/16"
}
resource "aws_security_group" "bench" {
  count = %d
  name = "bench-${count.index}"
  description = "a group"
  vpc_id = aws_vpc.bench.id
}
"""


@dataclass(frozen=True)
class _Terraform:
    folder: Path

    def run(self, *arguments: str) -> str:
        environment = {name: value for name, value in os.environ.items() if name != "TF_CLI_CONFIG_FILE"}
        command = ["terraform", f"-chdir={self.folder}", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
        return done.stdout


def figures(stack: TestStack, runs: int) -> list[Figure]:
    """Make the resources with both, then ask both what would change: from the state alone, and from what is there."""
    folder = stack.folder.parent / "terraform"
    place = Place(folder / "rehearsal")
    place.project.mkdir(parents=True)
    place.remember(service.start(place.folder))
    try:
        terraform = _terraform(folder / "configuration", place)
        return _compared(_pulumi(place), terraform, runs) if terraform else []
    finally:
        service.stop(place.folder)


def _compared(pulumi: "_Pulumi", terraform: _Terraform, runs: int) -> list[Figure]:
    pulumi.run("up", "--yes", "--skip-preview")
    terraform.run("apply", "-auto-approve")
    found = []
    for what, ours, theirs in (
        ("from the state", ("preview",), ("plan", "-refresh=false")),
        ("asking the service", ("preview", "--refresh"), ("plan",)),
    ):
        pairs = [(timed(lambda: pulumi.run(*ours)), timed(lambda: terraform.run(*theirs))) for _ in range(runs + 1)]  # noqa: B023
        mine, others = [one for one, _ in pairs[1:]], [other for _, other in pairs[1:]]
        found += [
            Figure(f"`pulumi {' '.join(ours)}` of {_GROUPS + 1} resources of AWS, no change", mine),
            Figure(f"`terraform {' '.join(theirs)}` of the same", others),
            ratio(f"{what}: pulumi / terraform", mine, others),
        ]
    return found


def _terraform(folder: Path, place: Place) -> _Terraform | None:
    if not shutil.which("terraform"):
        return None
    endpoint = place.environment()[service.ENDPOINT]
    folder.mkdir()
    (folder / "main.tf").write_text(_CONFIGURATION % (endpoint, endpoint, _GROUPS))
    plugins = os.environ.get("CROSSCLOUD_TERRAFORM_PLUGINS")
    made = _Terraform(folder)
    try:
        made.run("init", *([f"-plugin-dir={plugins}"] if plugins else []))
    except RuntimeError as error:
        print(f"no comparison with Terraform: {error}")
        return None
    return made


@dataclass(frozen=True)
class _Pulumi:
    place: Place

    def run(self, *arguments: str) -> None:
        command = ["pulumi", *arguments, "--stack", "bench", "--non-interactive"]
        environment = self.place.environment()
        done = subprocess.run(
            command, cwd=self.place.project, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def _pulumi(place: Place) -> _Pulumi:
    provider = {"name": "aws", "path": str(SIMULATIONS["aws"].folder)}
    options = {"virtualenv": str(paths.ROOT / ".venv")}
    project = {
        "name": "bench",
        "runtime": {"name": "python", "options": options},
        "plugins": {"providers": [provider]},
    }
    (place.project / "Pulumi.yaml").write_text(yaml.safe_dump(project))
    config = {"aws:region": "us-east-1"}
    (place.project / "Pulumi.bench.yaml").write_text(yaml.safe_dump({"config": config}))
    (place.project / "__main__.py").write_text(_PROGRAM)
    place.remember({isolation.MACHINES: "no"})  # security groups boot nothing
    made = _Pulumi(place)
    made.run("stack", "init", "--no-select")
    return made
