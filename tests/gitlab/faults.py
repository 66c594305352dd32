"""What goes wrong on the way: refusals by the rate limit, errors of the server, answers that break off."""

import re
import socket
import time
from dataclasses import dataclass
from email.utils import formatdate
from typing import Literal

from flask import Request, Response

#: What GitLab says to a throttled request, by its default setting: docs.gitlab.com/administration/settings/
#: user_and_ip_rate_limits (customize the response).
_RETRY_LATER = "Retry later\n"


@dataclass
class Fault:
    """One thing that goes wrong ``times`` times with requests whose "METHOD /path" matches ``match``, after ``skip``.

    ``kind`` ``status`` answers with ``status``: 429 with the headers of the rate limit (``retry_after`` in seconds, or
    whatever text is given), a redirection with ``location``. ``half`` sends half of the true answer's body; ``drop``
    closes the connection at once; ``lost`` does what was asked, and closes the connection before the answer.
    """

    match: str = ""
    kind: Literal["status", "half", "drop", "lost"] = "status"
    status: int = 503
    times: int = 1
    skip: int = 0
    retry_after: int | str | None = None
    location: str = ""

    def strikes(self, line: str) -> bool:
        """Say whether it hits this request, and count that."""
        if self.times <= 0 or not re.search(self.match, line):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True

    def before(self, request: Request) -> Response | None:
        """Return the answer that takes the place of the true one, if any."""
        if self.kind == "drop":
            hang_up(request)
        if self.kind != "status":
            return None
        if self.location:
            return Response("", self.status, {"Location": self.location})
        if self.status != 429:
            return Response("<html><title>GitLab is not responding</title></html>", self.status, mimetype="text/html")
        wait = 1 if self.retry_after is None else self.retry_after
        reset = time.time() + (wait if isinstance(wait, int) else 1)
        # docs.gitlab.com/administration/settings/user_and_ip_rate_limits (response headers)
        headers = {
            "RateLimit-Name": "throttle_authenticated_api",
            "RateLimit-Limit": "60",
            "RateLimit-Observed": "61",
            "RateLimit-Remaining": "0",
            "RateLimit-Reset": str(int(reset)),
            "RateLimit-ResetTime": formatdate(reset, usegmt=True),
            "Retry-After": str(wait),
        }
        return Response(_RETRY_LATER, 429, headers, mimetype="text/plain")

    def after(self, request: Request, response: Response) -> Response:
        """Spoil the true answer."""
        if self.kind == "lost":
            hang_up(request)
        if self.kind == "half":
            whole = response.get_data()
            response.set_data(whole[: len(whole) // 2])
            response.headers["Content-Length"] = str(len(whole))
        return response


def hang_up(request: Request) -> None:
    """Close the connection without an answer."""
    connection = request.environ["werkzeug.socket"]
    assert isinstance(connection, socket.socket)
    connection.shutdown(socket.SHUT_RDWR)
