"""What a preview changes of the release: the images of the projects, before and after."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crosscloud.preview.data import words
from crosscloud.preview.model import Preview
from crosscloud.reference import Reference, parse
from crosscloud.release import version_of

#: Hexadecimal digits of a digest that tell one from another at a glance.
_SHORT = 12


@dataclass(frozen=True)
class Image:
    """A project's image as the stack's outputs tell it; ``tag`` and ``digest`` are empty where they don't."""

    name: str = ""
    tag: str = ""
    digest: str = ""

    @property
    def version(self) -> str:
        """The version if the tag has one (``v1.37.2``), else the tag, else the digest."""
        version = version_of(self.tag)
        return f"v{version}" if version else self.tag or self.short

    @property
    def short(self) -> str:
        """The beginning of the digest."""
        return self.digest.removeprefix("sha256:")[:_SHORT]


@dataclass(frozen=True)
class ReleaseChange:
    """A project whose image is another one."""

    attribute: str
    title: str
    old: Image
    new: Image

    @property
    def only_digest(self) -> bool:
        """Tell whether the tag stays, and stands for something else."""
        return self.old.tag == self.new.tag and self.old.name == self.new.name

    def shown(self, image: Image) -> str:
        """Return what the table shows of the one or the other image: the least that tells them apart."""
        if self.only_digest:
            return f"{image.tag} ({image.short or 'no digest'})" if image.tag else image.short
        tag = image.tag or image.short
        return tag if self.old.name == self.new.name else f"{image.name}:{tag}"

    @property
    def sentence(self) -> str:
        """Say it in a line."""
        if self.old.digest and self.old.digest == self.new.digest and self.old.name == self.new.name:
            return f"{self.title} {self.new.version}: another tag of the same image"
        if self.only_digest:
            return f"{self.title} {self.new.version}: another image under the same tag"
        if self.old.version == self.new.version:
            return f"{self.title} {self.new.version}: another build of it"
        return f"{self.title} {self.old.version} → {self.new.version}"


def changes(preview: Preview) -> Iterator[ReleaseChange]:
    """Yield the projects whose images differ; none of a stack that is only made."""
    before, after = (_images(outputs) for outputs in preview.outputs)
    for attribute, title in words().projects.items():
        old, new = before.get(attribute), after.get(attribute)
        if old and new and old != new:
            yield ReleaseChange(attribute, title, old, new)


def _images(outputs: Mapping[str, Any]) -> dict[str, Image]:
    references, tags = (outputs.get(name) or {} for name in ("release", "releaseTags"))
    if not isinstance(references, Mapping) or not isinstance(tags, Mapping):
        return {}
    return {name: _image(str(reference), str(tags.get(name) or "")) for name, reference in references.items()}


def _image(text: str, tag: str) -> Image:
    found: Reference | None = parse(text)
    if found is None:
        return Image(text, tag)
    return Image(found.name, tag or found.tag or "", found.digest or "")
