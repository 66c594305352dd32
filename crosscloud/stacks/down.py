"""``crosscloud down``: takes a stack away without a trace; only caches stay."""

import contextlib
import shutil

from crosscloud import container, paths
from crosscloud.config.document import stack_document
from crosscloud.errors import CrosscloudError
from crosscloud.stacks import files, marks, recovery
from crosscloud.stacks.pulumi import PulumiError, Stack, changing_stacks
from crosscloud.stacks.up import ensure_known

#: How the type of a cluster's component begins; the cloud's name follows.
_CLUSTER = "crosscloud:cluster:"


def down(name: str) -> None:
    """Destroy the stack, forget it, and remove what it left on this host; a stack that is not up is no error.

    Raises an error for a name of which there is neither a file nor a stack: nothing of what was meant would be gone.
    """
    stack = Stack(name)
    up = stack.exists()
    if not up:
        ensure_known(stack)
    local = _cloud(stack, up=up) == "local"
    if up:
        with marks.noted(stack):
            for line in recovery.recover(stack):
                print(f"    {line}", flush=True)
            marks.end_review(stack)
            _destroy(stack, local=local)
        stack.ask("stack", "rm", "--yes", "--preserve-config", *(["--force"] if local else []))
        files.remove_salt(stack)
    else:
        print(f"    there is no stack {name}", flush=True)
    files.remove_kubeconfig(name)
    container.take_back(name)
    if local:
        clean_host()


def _cloud(stack: Stack, *, up: bool) -> str:
    """Return the stack's cloud; a stack is taken down even if its file is no longer right otherwise, or is gone.

    Then its state tells the cloud, if anything is in it: what is taken for local is forgotten even if its destruction
    fails, and that must not happen to what is in a cloud.
    """
    if cloud := stack_document(stack.file)["config"].get("crosscloud:cloud"):
        return str(cloud)
    resources = stack.deployment().get("resources") or [] if up else []
    kinds = [str(one["type"]) for one in resources]
    return next((kind.removeprefix(_CLUSTER).lower() for kind in kinds if kind.startswith(_CLUSTER)), "")


def _destroy(stack: Stack, *, local: bool) -> None:
    try:
        recovery.show(stack, "destroy", "--yes", "--skip-preview")
    except PulumiError:
        if not local:
            raise  # in a cloud something would be left behind, and costs
        print("    removing what is left on this host by its records", flush=True)
        _remove_all_but_rehearsals()


def clean_host() -> None:
    """Remove what no stack needs any more: machines without one, the registry's process, an empty backend."""
    from crosscloud.artifacts import registry
    from crosscloud.machines import cleanup, reaping

    with changing_stacks():
        if _other_stacks():
            return
        _purge()
        if registry.stop():
            print("    stopped the registry", flush=True)
        for left in ("state", "clusters", "passphrase", "reports"):
            path = paths.home() / left
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    reaping.wait_for_init()
    found = cleanup.leftovers()
    if found:
        raise CrosscloudError("still on this host:\n" + "\n".join(f"  {line}" for line in found))
    print("    nothing is left on this host but caches (.crosscloud/, .venv/)", flush=True)


def _remove_all_but_rehearsals() -> None:
    from crosscloud.machines import cleanup

    for line in cleanup.remove(lambda record: not record.urn.startswith("rehearsal:")):
        print(f"    removed {line}", flush=True)


def _purge() -> None:
    from crosscloud.machines import cleanup

    for line in cleanup.purge():
        print(f"    removed {line}", flush=True)


def _other_stacks() -> bool:
    """Tell whether the embedded backend or a rehearsal's holds a stack, or a cell is here, wherever its state is."""
    with contextlib.suppress(OSError):
        backends = [paths.home() / "state", *paths.home().glob("rehearsals/*/state")]
        cells = any(paths.home().glob("cells/*/project"))
        return cells or any(file for backend in backends for file in (backend / ".pulumi" / "stacks").rglob("*.json"))
    return False
