"""Running in a container of the runner image: what has to outlive it, and where its user finds what was made.

The image's command (``toolchain/image/crosscloud``) sets the variables that are read here. Elsewhere none of them is
set, and nothing here does anything.
"""

import os
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

from crosscloud import paths, provenance
from crosscloud.errors import CrosscloudError

#: Set in the image: what is written outside of volumes ends with the container.
ACTIVE = "CROSSCLOUD_CONTAINER"
#: The folder that a user may mount, where kubeconfigs are put.
OUT = "CROSSCLOUD_OUT"
#: The folder that a user may mount with stack files of their own.
STACKS = "CROSSCLOUD_STACKS"


class ContainerError(CrosscloudError):
    """The container was started without something that it needs."""


def active() -> bool:
    """Tell whether this is a container of the runner image."""
    return bool(os.environ.get(ACTIVE))


def ensure_lasting(folder: Path) -> None:
    """Raise `ContainerError` if a state kept in ``folder`` would end with the container, or can't be written there.

    A volume of a pipeline's job is no place either: the runner may give the next job another one.
    """
    if not active():
        return
    mount = mount_of(folder)
    if mount == Path("/") or os.environ.get("GITLAB_CI"):
        where = "" if mount == Path("/") else ", and a job's own volume may be another one the next time"
        raise ContainerError(
            "nothing would remember the stack when this container is gone: it has neither a backend nor a volume for "
            f"its state{where}. Set PULUMI_BACKEND_URL (s3://…, gs://… or azblob://…) and PULUMI_CONFIG_PASSPHRASE, or "
            f"mount a volume at {folder}: `-v crosscloud-state:{folder}`"
        )
    for place in (folder, folder / "state", folder / "passphrase"):
        _ensure_writable(place, f"the volume at {mount}")


def ensure_backend_lasts(url: str) -> None:
    """Raise `ContainerError` if a backend that the user names is a folder of this container alone."""
    backend = urlsplit(url)
    if active() and backend.scheme == "file" and mount_of(Path(unquote(backend.path))) == Path("/"):
        raise ContainerError(
            f"PULUMI_BACKEND_URL is a folder of this container ({unquote(backend.path)}), which is gone when it ends: "
            "mount a volume there, or name a backend elsewhere (s3://…, gs://… or azblob://…)"
        )


def ensure_out(stack: str) -> None:
    """Raise `ContainerError` if a folder is mounted for a stack's kubeconfig and can't be written to."""
    out = _out()
    if out:
        _ensure_writable(out, f"the folder mounted at {out}")
        _ensure_writable(out / stack, f"{out / stack}, where the kubeconfig goes,")


def hand_out(stack: str, kubeconfig: Path) -> Path:
    """Copy a stack's kubeconfig (0600) to the folder that its user has mounted; return where it is to be found.

    It belongs to the container's user, or, if that is root, to whom the folder belongs.
    """
    out = _out()
    if not out:
        return kubeconfig
    place = out / stack
    place.mkdir(mode=0o700, exist_ok=True)
    temporary = place / ".kubeconfig.new"
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(kubeconfig.read_bytes())
    if os.geteuid() == 0:
        owner = out.stat()
        for path in (place, temporary):
            os.chown(path, owner.st_uid, owner.st_gid)
    return temporary.replace(place / "kubeconfig")


def ways_in(stack: str, kubeconfig: Path) -> str:
    """Return how the user of a container reaches the cluster that it brought up."""
    mounted = kubeconfig.parent.parent == _out()
    hint = "" if mounted else f' (only in the container: with `-v "$PWD/out:{os.environ.get(OUT)}"` it is in out/)'
    return f"""\
kubeconfig    {kubeconfig}{hint}
a shell       docker run -it … IMAGE shell {stack}
check again   docker run … IMAGE check {stack}
take down     docker run … IMAGE down {stack}"""


def take_back(stack: str) -> None:
    """Remove what `hand_out` made for a stack."""
    out = _out()
    place = out / stack if out else None
    if not place:
        return
    try:
        if (place / "kubeconfig").exists():
            (place / "kubeconfig").unlink()
            if not any(place.iterdir()):
                place.rmdir()
    except OSError as error:
        raise ContainerError(
            f"stack {stack} is gone, but its kubeconfig in {place} can't be removed: {error.strerror}"
        ) from None


def prepare_project() -> None:
    """Put the stacks' files into the project's folder: the image's, and on top of them those that its user mounts.

    They are copied, because the engine writes into a stack's file, and a mounted one may be read-only. What a user has
    given once is kept with the state, so that a later ``down`` finds the stack as it was made.
    """
    given = os.environ.get(STACKS)
    if not given:
        return
    project = paths.project()
    project.mkdir(parents=True, exist_ok=True)
    _ensure_writable(project, f"the volume at {mount_of(project)}")
    _write_project(project)
    kept = paths.home() / "stacks"
    kept.mkdir(exist_ok=True)
    for source, target in ((Path(given), kept), (paths.ROOT, project), (kept, project)):
        for file in source.glob("Pulumi.*.yaml"):
            shutil.copyfile(file, target / file.name)
        for file in source.glob("*.env"):
            provenance.copy(file, target / file.name)


def _write_project(project: Path) -> None:
    from ruamel.yaml import YAML

    yaml = YAML()
    document = yaml.load(paths.ROOT / "Pulumi.yaml")
    document["main"] = str(paths.ROOT)
    for plugin in document["plugins"]["providers"]:
        plugin["path"] = str(paths.ROOT / plugin["path"])
    with (project / "Pulumi.yaml").open("w") as file:
        yaml.dump(document, file)


def mount_of(folder: Path, mounts: str | None = None) -> Path:
    """Return the mount point that a folder is on, by the kernel's list of mounts (proc_pid_mountinfo(5))."""
    lines = (Path("/proc/self/mountinfo").read_text() if mounts is None else mounts).splitlines()
    points = [Path(line.split()[4].replace("\\040", " ")) for line in lines]
    return max((point for point in points if folder.is_relative_to(point)), key=lambda point: len(point.parts))


def _out() -> Path | None:
    """Return the folder for the user if one is mounted."""
    given = os.environ.get(OUT)
    return Path(given) if given and mount_of(Path(given)) == Path(given) else None


def _ensure_writable(place: Path, what: str) -> None:
    if not place.exists() or os.access(place, os.R_OK | os.W_OK):
        return
    owner = place.stat()
    raise ContainerError(
        f"{what} belongs to user {owner.st_uid}, and this container runs as user {os.geteuid()}, who may not write "
        f"there. Run it as that user: `--user {owner.st_uid}:{owner.st_gid}`"
    )
