"""How the tests of the stub look at it."""

import gitlab

from tests.gitlab.stub import Stub

PATH = "coredns/coredns"
DEV = "dev"
COMMIT = "97c730ab" + "0" * 32


def as_user(stub: Stub, token: str = DEV) -> gitlab.Gitlab:
    """Return a client with a token of a user's own."""
    return gitlab.Gitlab(stub.url, private_token=token)


def as_job(stub: Stub) -> gitlab.Gitlab:
    """Return a client with the token `job` of a job."""
    return gitlab.Gitlab(stub.url, job_token="job")
