"""python-gitlab with requests that are tried again when that can help: rate limits, errors, broken connections."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import gitlab
import gitlab.exceptions
import requests
from gitlab._backends.requests_backend import RequestsBackend

from crosscloud import retry_after
from crosscloud.gitlab.settings import Settings

if TYPE_CHECKING:
    from gitlab._backends.requests_backend import RequestsResponse
    from tenacity import RetryCallState

#: What GitLab, and the proxies in front of it, answer when the same may work later.
_PASSING = frozenset({500, 502, 503, 504, *range(520, 531)})
_BROKEN = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)


@dataclass(frozen=True)
class Patience:
    """How long to try: ``attempts`` at most, the first ``wait`` after ``first`` seconds, doubled up to ``longest``.

    What GitLab asks for by ``Retry-After`` is kept to, up to ``longest``; who asks for more is not waited for at all.
    """

    attempts: int = 7
    first: float = 1.0
    longest: float = 60.0
    timeout: float = 30.0
    sleep: Callable[[float], Any] = time.sleep


class Client(gitlab.Gitlab):
    """python-gitlab with `RetryingBackend`, and without its own retries. ``given`` is what it was made from."""

    def __init__(self, settings: Settings, patience: Patience) -> None:
        self.given = settings
        token = settings.token or None
        super().__init__(
            settings.url,
            private_token=None if settings.job_token else token,
            job_token=token if settings.job_token else None,
            timeout=patience.timeout,
            per_page=100,
            # A server behind another name pages by that name; the address that was given is the one to be reached.
            keep_base_url=True,
            backend=RetryingBackend,
            patience=patience,
        )

    def http_request(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Make a request; no other retries than the backend's.

        Every failure is an error of python-gitlab's own and carries ``given``, so that whoever explains it can say who
        was refused.
        """
        try:
            return super().http_request(*args, **kwargs | {"obey_rate_limit": False, "retry_transient_errors": False})
        except requests.RequestException as error:
            raise _of(self.given, gitlab.exceptions.GitlabConnectionError(str(error))) from error
        except gitlab.exceptions.GitlabError as error:
            error.asked = self._backend.asked  # type: ignore[attr-defined]  # read by `explained`, too
            raise _of(self.given, error) from error.__cause__


def _of(settings: Settings, error: gitlab.exceptions.GitlabError) -> gitlab.exceptions.GitlabError:
    error.given = settings  # type: ignore[attr-defined]  # read again by `explained`
    return error


class _Session(requests.Session):
    """Keeps tokens from a server that GitLab sends elsewhere to, such as the storage of artifacts."""

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        super().rebuild_auth(prepared_request, response)
        if self.should_strip_auth(str(response.request.url), str(prepared_request.url)):
            for name in ("PRIVATE-TOKEN", "JOB-TOKEN"):
                prepared_request.headers.pop(name, None)


class RetryingBackend(RequestsBackend):
    """The HTTP layer of python-gitlab, with retries around it.

    python-gitlab's own ones wait as long as ``Retry-After`` says, be it a day, fail on a date in it, and send a POST
    again whose answer was lost. Here what makes something new is sent again only if it surely was not done.
    """

    def __init__(self, patience: Patience) -> None:
        super().__init__(_Session())
        self.patience = patience
        #: How many seconds the last answer asked to wait before the next request, if it did.
        self.asked: float | None = None

    def http_request(self, method: str, url: str, *args: Any, **kwargs: Any) -> "RequestsResponse":
        """Make a request; the last answer, or the last error, is what counts."""
        from tenacity import Retrying, retry_if_exception, retry_if_result, stop_after_attempt

        makes = method.lower() == "post"
        trying = Retrying(
            retry=retry_if_result(lambda answer: _again(answer, makes) and not self._too_long(answer))
            | retry_if_exception(lambda error: _lost(error, makes)),
            stop=stop_after_attempt(self.patience.attempts),
            wait=self._wait,
            sleep=self.patience.sleep,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        answer: RequestsResponse = trying(super().http_request, method, url, *args, **kwargs)
        self.asked = retry_after.seconds(answer.headers)
        return answer

    def _wait(self, state: "RetryCallState") -> float:
        from tenacity import wait_exponential_jitter

        asked = None
        if state.outcome is not None and not state.outcome.failed:
            asked = retry_after.seconds(state.outcome.result().headers)
        first, longest = self.patience.first, self.patience.longest
        backoff = wait_exponential_jitter(multiplier=first, max=longest, jitter=first)(state)
        return backoff if asked is None else max(asked, 0.0) + self.patience.first * 0.1

    def _too_long(self, answer: "RequestsResponse") -> bool:
        return (retry_after.seconds(answer.headers) or 0.0) > self.patience.longest


def _again(answer: "RequestsResponse", makes: bool) -> bool:
    return answer.status_code == HTTPStatus.TOO_MANY_REQUESTS or (answer.status_code in _PASSING and not makes)


def _lost(error: BaseException, makes: bool) -> bool:
    if isinstance(error, requests.exceptions.SSLError):
        return False
    return isinstance(error, requests.ConnectTimeout if makes else _BROKEN)
