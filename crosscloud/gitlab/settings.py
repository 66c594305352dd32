"""Which GitLab is asked, and by which token; read from the environment alone, so that no token is on a command line."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from crosscloud.gitlab.errors import GitlabError

#: docs.gitlab.com/ci/variables/predefined_variables
SERVER, JOB_TOKEN = "CI_SERVER_URL", "CI_JOB_TOKEN"
URL = "CROSSCLOUD_GITLAB_URL"
#: Where a token of one's own is looked for; of ``..._FILE`` the content counts, as GitLab's variables of type file.
TOKEN, TOKEN_FILE, COMMON_TOKEN = "CROSSCLOUD_GITLAB_TOKEN", "CROSSCLOUD_GITLAB_TOKEN_FILE", "GITLAB_TOKEN"
_PUBLIC = "https://gitlab.com"


@dataclass(frozen=True)
class Settings:
    """A server and what one identifies oneself by there. ``source`` names the variable that gave the token."""

    url: str
    token: str = field(default="", repr=False)
    job_token: bool = False
    source: str = ""

    @classmethod
    def from_environment(cls, env: Mapping[str, str] = os.environ) -> "Settings":
        """Return what the environment says; without a token, what is public can still be read.

        A job's token is sent to the server that gave it alone, not to another one that ``CROSSCLOUD_GITLAB_URL`` names.
        """
        server = env.get(SERVER, "")
        url = (env.get(URL) or server or _PUBLIC).rstrip("/")
        if "@" in url:
            raise GitlabError(f"the address of GitLab must not hold a password or a token: that belongs into {TOKEN}")
        if not url.startswith(("https://", "http://")):
            named = URL if env.get(URL) else SERVER
            raise GitlabError(f"{named} is {url!r}: an address such as https://gitlab.example.com is needed")
        for name, token in (
            (TOKEN, env.get(TOKEN)),
            (TOKEN_FILE, _content(env)),
            (COMMON_TOKEN, env.get(COMMON_TOKEN)),
        ):
            if token:
                return cls(url, _checked(name, token), source=name)
        if env.get(JOB_TOKEN) and url == server.rstrip("/"):
            return cls(url, _checked(JOB_TOKEN, env[JOB_TOKEN]), job_token=True, source=JOB_TOKEN)
        return cls(url)

    @property
    def who(self) -> str:
        """Who asks, in words: ``the token in GITLAB_TOKEN``."""
        if self is UNKNOWN:
            return "the token that was used"
        if not self.token:
            return "a request without a token"
        kind = "the job's own token" if self.job_token else "the token"
        return f"{kind} in {self.source}" if self.source else kind

    @property
    def remedy(self) -> str:
        """What to do where GitLab does not accept it."""
        if self.token and not self.job_token:
            return "Make a new one (Settings > Access tokens of the project)"
        why = "It ends with its job, and not all of GitLab takes it. " if self.job_token else ""
        return f"{why}Give a token of one's own as {TOKEN}"

    def writing(self, what: str) -> "Settings":
        """Return them if they can be used for writing ``what``; say at once what is missing otherwise.

        A job token only reads: docs.gitlab.com/ci/jobs/ci_job_token (job token access).
        """
        if self.token and not self.job_token:
            return self
        why = "CI_JOB_TOKEN can't: GitLab lets a job's own token only read" if self.job_token else "there is none"
        raise GitlabError(
            f"{what} needs a token that may write, and {why}. Make a project access token with the role Reporter and "
            f"the scope api (Settings > Access tokens) and give it to this job alone as the masked variable {TOKEN}"
        )


#: Of a client that was not made by `connect`.
UNKNOWN = Settings("")


def _content(env: Mapping[str, str]) -> str:
    file = env.get(TOKEN_FILE)
    if not file or env.get(TOKEN):
        return ""
    try:
        return Path(file).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise GitlabError(f"the file that {TOKEN_FILE} names can't be read: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    return str(error.strerror) if isinstance(error, OSError) else "it is no text"


def _checked(name: str, token: str) -> str:
    """Return a token without the line's end that files have; what else is not printable can't go into a header."""
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise GitlabError(f"what {name} holds is no token: it is empty, or has spaces or other characters in it")
    return token
