"""GitLab's refusals in words: what was tried, who was refused, why, and what to do."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from crosscloud.errors import CrosscloudError

if TYPE_CHECKING:
    import gitlab.exceptions
    import requests

    from crosscloud.gitlab.settings import Settings

_TEXTS = {
    401: "GitLab does not accept {who}: {told}. {remedy}",
    403: "{who} may not do that ({told}){needs}",
    404: "it is not there, or {who} may not see it: GitLab's answer is the same{needs}",
    413: "it is too large for this GitLab ({told})",
    429: "GitLab's rate limit is reached{asked}. Run it again then, or have the limit raised",
}
#: Answers that proxies in front of GitLab give, too, and not as GitLab's documents.
_OF_PROXIES = (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.TOO_MANY_REQUESTS)
_PAGE = (
    "{where} answers with a web page (status {status}): is that GitLab's address, or is a login or a proxy before it?"
)
_JOB = "; a job's own token reaches only what its project, and those that have it on their allowlist, let it read"

_UNITS = ((86400, "days"), (3600, "hours"), (60, "minutes"), (1, "seconds"))


class GitlabError(CrosscloudError):
    """GitLab could not be asked, or said no; the message says what to do.

    ``status`` is the HTTP status if there was an answer. ``passing`` says that the same may work later.
    """

    def __init__(self, message: str, *, status: int | None = None, passing: bool = False) -> None:
        super().__init__(message)
        self.status, self.passing = status, passing


def explained(
    error: "gitlab.exceptions.GitlabError | requests.RequestException", what: str, *, needs: str = ""
) -> GitlabError:
    """Return a refusal in words.

    ``what`` is what was tried, as the sentence's beginning (``the pipelines of coredns/coredns``); ``needs`` is what it
    takes (``the role Reporter and the scope api``). A token that is in the server's words is blotted out.
    """
    from crosscloud.gitlab.settings import UNKNOWN, Settings

    causes = _chain(error)
    settings = next((each.given for each in causes if isinstance(getattr(each, "given", None), Settings)), UNKNOWN)
    status = getattr(error, "response_code", None)
    text = _reason(causes, status, settings, needs)
    passing = status is None or status == HTTPStatus.TOO_MANY_REQUESTS or _of_the_server(status)
    return GitlabError(f"{what}: {text}", status=status, passing=passing)


def _chain(error: BaseException) -> list[Any]:
    """Return an error and what caused it: python-gitlab wraps the request's error into the operation's."""
    chain = [error]
    while (cause := chain[-1].__cause__) is not None:
        chain.append(cause)
    return chain


def _reason(causes: list[Any], status: int | None, settings: "Settings", needs: str) -> str:
    who, error = settings.who, causes[0]
    if status is None:
        return _unanswered(causes, settings)
    if _of_the_server(status):
        return f"GitLab has an error of its own (status {status}), and trying again did not help. Try it later"
    scope = _scope(error)
    if scope:
        return f"{who} lacks the scope {scope}. Make one with that scope (Settings > Access tokens of the project)"
    told = _told(error, settings.token)
    if told.startswith("<"):
        if status not in _OF_PROXIES:
            return _PAGE.format(where=settings.url or "GitLab", status=status)
        told = "a proxy's answer"
    wanted = f". It takes {needs}" if needs else ""
    wanted += _JOB if settings.job_token else ""
    form = _TEXTS.get(status, "GitLab refuses it with status {status}: {told}{needs}")
    return form.format(who=who, told=told, needs=wanted, status=status, asked=_asked(causes), remedy=settings.remedy)


def _asked(causes: list[Any]) -> str:
    """Return how long GitLab asks to wait, in words."""
    seconds = next((each.asked for each in causes if getattr(each, "asked", None) is not None), None)
    if seconds is None:
        return ", and waiting did not help"
    size, unit = next((size, unit) for size, unit in _UNITS if seconds >= 2 * size or size == 1)
    return f": it asks to wait {max(1, round(seconds / size))} {unit}"


def _of_the_server(status: int) -> bool:
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _unanswered(causes: list[Any], settings: "Settings") -> str:
    import gitlab.exceptions
    import requests

    where = settings.url or "GitLab"
    texts: dict[type[Exception], str] = {
        gitlab.exceptions.RedirectError: f"{where} sends elsewhere: give GitLab's own address as CROSSCLOUD_GITLAB_URL",
        gitlab.exceptions.GitlabParsingError: f"{where} does not answer as GitLab does, or its answer broke off",
        requests.exceptions.SSLError: f"the certificate of {where} is not trusted: name its authority's file in "
        "REQUESTS_CA_BUNDLE",
        requests.Timeout: f"{where} did not answer in time, several times over",
        requests.exceptions.ChunkedEncodingError: f"the answer of {where} broke off, several times over",
    }
    for kind, text in texts.items():
        if any(isinstance(cause, kind) for cause in causes):
            return text
    return f"{where} can't be reached: is the address right, and may this machine connect to it?"


def _scope(error: Exception) -> str:
    """Return the scopes that GitLab asks for: lib/api/api_guard.rb, ``insufficient_scope``."""
    document = _document(error)
    if document.get("error") != "insufficient_scope":
        return ""
    return " or ".join(str(document.get("scope", "api")).split())


def _told(error: Exception, token: str) -> str:
    """Return GitLab's own words, on one line, without the status that it repeats in them and without the token."""
    document = _document(error)
    told = document.get("error_description") or document.get("message") or document.get("error")
    text = " ".join(str(told or getattr(error, "error_message", "") or error).split())
    status = str(getattr(error, "response_code", ""))
    text = text.replace(token, "[token]") if token else text  # before it is cut: a part of a token would stay
    return text.removeprefix(status).strip(" -:.")[:300] or "no reason given"


def _document(error: Exception) -> dict[str, object]:
    import json

    try:
        document = json.loads(getattr(error, "response_body", None) or "")
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
