"""The shell of a rehearsal can't be taken for one of a real stack."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from crosscloud.errors import CrosscloudError
from crosscloud.rehearsal import shell
from crosscloud.rehearsal.place import place_of
from crosscloud.rehearsal.project import Sizes, prepare
from crosscloud.stacks.pulumi import Stack


@pytest.mark.parametrize("program", ["/bin/bash", "/bin/sh"])
def test_the_prompt_says_rehearsal_and_the_stacks_name(own: Stack, program: str, tmp_path: Path) -> None:
    place = prepare(own, Sizes()).stack.workspace
    (tmp_path / ".bashrc").write_text("PS1='mine> '\n")
    variables = {**os.environ, "HOME": str(tmp_path)}
    arguments = shell.prompting(place, program, variables)  # type: ignore[arg-type]
    found = shutil.which(program)
    assert found
    command = [found, *arguments]
    done = subprocess.run(
        command, input="echo prompt=$PS1\n", env=variables, capture_output=True, text=True, check=False
    )
    assert "prompt=[REHEARSAL aws]" in done.stdout
    if program == "/bin/bash":
        assert "prompt=[REHEARSAL aws] mine>" in done.stdout


def test_it_has_the_rehearsals_state_and_kubeconfig(own: Stack) -> None:
    prepare(own, Sizes())
    place = place_of("aws")
    config = place.folder / "clusters" / "aws" / "kubeconfig"
    config.parent.mkdir(parents=True)
    config.touch()
    variables = shell.environment(place)
    assert variables["KUBECONFIG"] == str(config)
    assert variables["PULUMI_BACKEND_URL"].endswith("/rehearsals/aws/state")


def test_without_a_rehearsal_it_says_how_to_make_one(own: Stack) -> None:
    with pytest.raises(CrosscloudError, match="rehearse --stack aws --keep"):
        shell.start(own.name)
