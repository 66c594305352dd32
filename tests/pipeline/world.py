"""GitLab as the pipeline sees it, stubbed: this project, and the five of the CNCF with a release.env on each branch."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from crosscloud import paths
from crosscloud.artifacts import registry, tools
from crosscloud.artifacts.collect import catalogue
from crosscloud.release import PROJECTS, Release
from crosscloud.release import load as load_release
from tests.gitlab import Stub
from tests.gitlab.model import Access, Pipeline, Project
from tests.gitlab.setup import PipelineSetup
from tests.gitlab.stub import sha
from tests.pipeline.checkout import BRANCH, PROJECT

#: The tokens of the stub: of a job of this pipeline, of the job of a project that triggers it.
JOB, PUSHED = "stub-job-token", "stub-token-of-the-pushed-project"
#: Who pushes, in this account.
WHO, WHERE, PREFIX, CHANNEL = "coredns/coredns", "master", "COREDNS", "head"


@dataclass
class World:
    """A stub with everything that a release pipeline asks for."""

    stub: Stub
    release: Release

    @classmethod
    def furnished(cls, stub: Stub) -> "World":
        """Fill a stub; the images are those that `crosscloud artifacts build` published in the local registry."""
        world = cls(stub, load_release(paths.home() / "release.env"))
        home = stub.project(PROJECT)
        stub.job_token(JOB, project=PROJECT, access={PROJECT: Access.DEVELOPER})
        for channel in get_args(catalogue.Channel):
            for one in catalogue.wanted(channel, {}):
                branch = stub.project(one.project).branch(one.branch, sha(str(one)))
                world._built(branch.pipeline(), one.prefix)
        stub.job_token(PUSHED, project=WHO, access={PROJECT: Access.DEVELOPER})
        home.accepts_jobs_of(stub.project(WHO))
        return world

    def _built(self, pipeline: PipelineSetup, prefix: str, tag: str = "") -> None:
        """Let a project's pipeline have built its image, which release.env names."""
        image = getattr(self.release, PROJECTS[prefix])
        lines = f"{prefix}_IMAGE={image.image}\n{prefix}_TAG={tag or image.tag}\n"
        pipeline.job("release", artifacts={"release.env": lines}, stage="release")

    def push(self) -> Pipeline:
        """Push to the branch of a project; return its pipeline, which has built its image and is at its last job."""
        made = self.stub.project(WHO).branch(WHERE, sha("a push")).pipeline("running")
        self._built(made, PREFIX)
        return made.pipeline

    def push_wrong_image(self, branch: str) -> None:
        """Have node_exporter's branch build an image whose tag promises another version than is in it."""
        image, tag = self.release.node_exporter, "ci-v9.9.9.0badf00d.1"
        there = f"{registry.HOST}:{registry.DEFAULT_PORT}/{image.repository}"
        subprocess.run(
            [tools.crane(), "tag", f"{there}:{image.tag}", tag, "--insecure"], check=True, capture_output=True
        )
        pipeline = self.stub.project("prometheus/node_exporter").branch(branch, sha("a wrong image")).pipeline()
        self._built(pipeline, "NODE_EXPORTER", tag)

    def trigger(self, variables: Mapping[str, str]) -> Pipeline:
        """Start this project's pipeline as the last job of the pushed project's does: by GitLab's trigger."""
        import gitlab

        client = gitlab.Gitlab(self.stub.url)
        with_token = client.projects.get(PROJECT, lazy=True)
        made = with_token.trigger_pipeline(BRANCH, PUSHED, dict(variables))
        return next(each for each in self.home.pipelines if each.id == made.id)

    @property
    def home(self) -> Project:
        """This project."""
        return self.stub.project(PROJECT).project
