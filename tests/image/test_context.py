"""What of a checkout a build of the image gets to see: what it needs, and nothing of its user's."""

import shutil
import subprocess
from pathlib import Path

import pytest

from crosscloud import paths
from tests.image import buildah

NEEDED = (
    *("Pulumi.yaml", "Pulumi.aws.yaml", "__main__.py", "LICENSE", "release.env", "requirements.txt"),
    *("components/aws.py", "components/charts/coredns/Chart.yaml", "crosscloud/kubeconfig.py", "policy/pack.py"),
    *("toolchain/uv.version", "toolchain/image/crosscloud"),
)
PRIVATE = (
    *(".git/config", ".crosscloud/passphrase", ".crosscloud/state/.pulumi/stacks/mine.json", ".venv/pyvenv.cfg"),
    *("Pulumi.mine.yaml", "release.provenance.json", "kubeconfig", ".env", "out/aws/kubeconfig", "report/index.html"),
    *("components/kubeconfig", "components/id.pem", "crosscloud/.env", "crosscloud/.netrc", "policy/deploy.key"),
    *("toolchain/secret.env", "toolchain/.npmrc", "crosscloud/__pycache__/paths.cpython-311.pyc", "tests/secrets.py"),
)


def test_the_stack_files_that_it_sees_are_those_of_the_repository() -> None:
    command = ["git", "-C", str(paths.ROOT), "ls-files", "Pulumi*.yaml"]
    tracked = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    seen = [line for line in (paths.ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!/Pulumi")]
    assert sorted(seen) == [f"!/{name}" for name in sorted(tracked)]


@pytest.mark.machines
def test_a_build_sees_what_it_needs_and_nothing_that_is_private(tmp_path: Path) -> None:
    context, seen = tmp_path / "context", tmp_path / "seen"
    for name in (*NEEDED, *PRIVATE):
        (context / name).parent.mkdir(parents=True, exist_ok=True)
        (context / name).write_text(name)
    shutil.copy(paths.ROOT / ".dockerignore", context)
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("FROM scratch\nCOPY . /\n")
    image = "localhost/crosscloud-context:test"
    buildah.buildah("bud", f"--output=type=local,dest={seen}", f"--tag={image}", f"--file={dockerfile}", str(context))
    buildah.buildah("rmi", image)
    assert {str(path.relative_to(seen)) for path in seen.rglob("*") if path.is_file()} == set(NEEDED)
