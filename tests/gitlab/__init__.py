"""A stub of GitLab's API, built from its documentation, for tests and for the pipeline's rehearsal; it is no GitLab.

It answers on loopback what GitLab documents for the few endpoints that crosscloud uses, refusals included. The page of
the documentation stands beside each endpoint (``docs.gitlab.com/api/...``). Every answer carries ``X-Stub-Of``.
"""

from tests.gitlab.faults import Fault
from tests.gitlab.server import gitlab_stub
from tests.gitlab.stub import Stub

__all__ = ["Fault", "Stub", "gitlab_stub"]
