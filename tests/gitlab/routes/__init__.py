"""The endpoints, each with the page of GitLab's documentation that it follows."""

from flask import Flask

from tests.gitlab.routes import artifacts, deployments, issues, merge_requests, notes, pipelines, projects, triggers
from tests.gitlab.stub import Stub


def register(app: Flask, stub: Stub) -> None:
    """Add all endpoints."""
    for each in (projects, pipelines, triggers, artifacts, deployments, merge_requests, issues, notes):
        app.register_blueprint(each.blueprint(stub), url_prefix="/api/v4")
