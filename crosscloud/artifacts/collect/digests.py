"""The digest that a tag stands for in its registry, asked for again where that can help, a bounded time."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crosscloud import registry
from crosscloud.artifacts.collect.errors import UncollectedError
from crosscloud.artifacts.collect.jobs import NAME
from crosscloud.registry import MissingError, RegistryError
from crosscloud.release import Image

if TYPE_CHECKING:
    from tenacity import RetryCallState

#: Times that a registry is asked which is busy or can't be reached.
TRIES = 4


@dataclass(frozen=True)
class Registries:
    """How registries are asked. ``host`` (``host:port``) is, instead of the one in an image's name.

    After the first try comes a ``pause`` in seconds, which doubles. What a registry asks for by ``Retry-After`` is kept
    to, up to ``longest`` seconds; who asks for more is not waited for.
    """

    host: str | None = None
    pause: float = 0.5
    longest: float = 60.0
    sleep: Callable[[float], None] = time.sleep

    def pinned(self, image: Image) -> Image:
        """Return the image with its tag's digest, which has to be the one that it names already, if any."""
        digest = self._digest(image)
        if image.digest and image.digest != digest:
            raise UncollectedError(
                f"its {NAME} says that tag {image.tag} is {image.digest}, but in the registry it is {digest}",
                "the tag was pushed again, or the digest is that of one platform of several; a new pipeline on the "
                "branch writes a new file",
            )
        return replace(image, digest=digest)

    def _digest(self, image: Image) -> str:
        from tenacity import Retrying, retry_if_exception, stop_after_attempt

        tries = Retrying(
            stop=stop_after_attempt(TRIES),
            wait=self._wait,
            retry=retry_if_exception(self._passes),
            sleep=self.sleep,
            reraise=True,
        )
        try:
            return tries(registry.digest, image.image, image.tag, registry=self.host)
        except MissingError:
            where = f" in {self.host}" if self.host else ""
            raise UncollectedError(
                f"there is no image {image.image}:{image.tag}{where}",
                f"the pipeline has to push it before its {NAME} is published",
            ) from None
        except RegistryError as error:
            raise UncollectedError(str(error)) from None

    def _passes(self, error: BaseException) -> bool:
        return isinstance(error, RegistryError) and error.passing and (error.after or 0.0) <= self.longest

    def _wait(self, state: "RetryCallState") -> float:
        from tenacity import wait_exponential_jitter

        error = state.outcome.exception() if state.outcome else None
        asked = error.after if isinstance(error, RegistryError) else None
        return max(asked or 0.0, wait_exponential_jitter(multiplier=self.pause, jitter=self.pause)(state))
