"""A review: digests of the state, program, configuration and release that a preview was made of."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from crosscloud.errors import CrosscloudError
from crosscloud.files import write_text
from crosscloud.problems import first_wrong, shown

_SHOWN = 20
#: What to do where the files are those that were previewed, and where they are not: the old branch has the old files.
_PREVIEW_AGAIN = (
    "Nothing was changed. Preview it again and look at what it would change now: run the preview job of the merge "
    "request again, or push to it; then run this job again"
)
_PREVIEW_ANEW = (
    "Nothing was changed. What would be applied is not what was previewed, as when another merge came before: open a "
    "merge request that touches the stack. Its preview shows all that is not applied yet, and merging it applies that"
)


class ReviewError(CrosscloudError):
    """A file is no review, or not one of this stack."""


class MovedError(CrosscloudError):
    """What was reviewed is not what would be applied."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Part(_Model):
    """One part of a review: the digest of all of it, and one for each thing in it that can be named."""

    digest: str
    items: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def of(cls, items: Mapping[str, Any], salt: bytes) -> "Part":
        """Make the part of these things, whose values are anything that JSON can hold."""
        digests = {name: _digest(salt, name, value) for name, value in sorted(items.items())}
        return cls(digest=_digest(salt, "", digests), items=digests)

    def whole(self, salt: bytes) -> bool:
        """Tell whether the part is as it was made: the digest of all of it is that of its items."""
        return self.digest == _digest(salt, "", self.items)

    def changes(self, part: str, now: "Part") -> Iterator[str]:
        """Name what differs between this part and what it is now; ``part`` is its name."""
        if self.digest == now.digest:
            return
        for name in sorted({*self.items, *now.items}):
            before, after = self.items.get(name), now.items.get(name)
            if before != after:
                how = "is new" if before is None else "is gone" if after is None else "was changed"
                yield f"{part}: {name} {how}"


class Review(_Model):
    """What a preview was made of.

    The digests are keyed with ``salt``, which is another one in each review, so that equal things in two reviews can't
    be told. No secret goes into them in the clear: see ``state`` and ``settings``. ``commit`` is the one that was
    previewed, ``saved`` when the state was last written; both are told, neither is compared.
    """

    PARTS: ClassVar[tuple[str, ...]] = ("state", "program", "config", "release")

    schema_version: Literal[1] = 1
    project: str
    stack: str
    recorded: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    commit: str | None = None
    saved: AwareDatetime | None = None
    salt: str = Field(pattern=r"^[0-9a-f]{32}$")
    state: Part
    program: Part
    config: Part
    release: Part

    @model_validator(mode="after")
    def _whole(self) -> "Review":
        """Refuse a part whose items are not those of its digest: nothing that moved could be named then."""
        for part in self.PARTS:
            if not getattr(self, part).whole(bytes.fromhex(self.salt)):
                raise ValueError(f"{part} was edited, or cut short")
        return self

    @property
    def id(self) -> str:
        """A short name of this very review."""
        return hashlib.sha256(f"{self.salt} {self.recorded.isoformat()}".encode()).hexdigest()[:16]

    @classmethod
    def load(cls, file: Path) -> "Review":
        """Read a review; raise `ReviewError` if the file can't be read or is none."""
        try:
            return cls.parse(file.read_bytes(), shown(file))
        except OSError as error:
            raise ReviewError(f"the review {shown(file)} can't be read: {error.strerror}") from None

    @classmethod
    def parse(cls, text: bytes, source: str) -> "Review":
        """Return what the text of a file says; raise `ReviewError` if it is no review."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            wrong = f"{first_wrong(error)} (`crosscloud preview` writes one)"
            raise ReviewError(f"{source} is no review of this crosscloud: {wrong}") from None

    def save(self, file: Path) -> None:
        """Write the review for its owner alone, whole or not at all."""
        write_text(file, json.dumps(self.model_dump(mode="json"), indent=2) + "\n", 0o600)


def moved(then: Review, now: Review) -> list[str]:
    """Name each thing that is not as it was, part by part; none if all is.

    Raises `ReviewError` if the two can't be compared: another stack's, or of another salt.
    """
    for what in ("project", "stack"):
        if getattr(then, what) != getattr(now, what):
            raise ReviewError(f"the review is of {what} {getattr(then, what)}, and this is {what} {getattr(now, what)}")
    if then.salt != now.salt:
        raise ReviewError("the two reviews have different salts; `record(stack, like=then)` makes one to compare")
    return [line for part in Review.PARTS for line in getattr(then, part).changes(part, getattr(now, part))]


def refusal(then: Review, changes: Sequence[str]) -> str:
    """Say what moved since a review, and what to do."""
    shown = [f"  {line}" for line in changes[:_SHOWN]]
    rest = [f"  and {len(changes) - _SHOWN} more"] if len(changes) > _SHOWN else []
    of = f" of commit {then.commit[:8]}" if then.commit else ""
    head = (
        f"stack {then.stack} is not applied: since its preview{of} ({then.recorded:%Y-%m-%d %H:%M} UTC) something moved"
    )
    of_files = any(not line.startswith("state: ") for line in changes)
    return "\n".join([head, *shown, *rest, _PREVIEW_ANEW if of_files else _PREVIEW_AGAIN])


def _digest(salt: bytes, name: str, value: Any) -> str:
    text = json.dumps([name, value], sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hmac.new(salt, text.encode(), hashlib.sha256).hexdigest()
