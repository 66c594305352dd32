"""The environment that Pulumi runs in: which engine, which backend, and where its secrets' passphrase is.

What the user has chosen stays: an engine that is new enough, a backend (``PULUMI_BACKEND_URL``, an access token or a
login), a passphrase. Only what is missing is made, below the project's own folder.
"""

import contextlib
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from crosscloud import container, paths


def pulumi_environment(base: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables to run ``pulumi`` with, made from ``base`` (this process's own by default)."""
    environment = dict(os.environ if base is None else base)
    # Without its compiled files Python takes several times as long to import the SDKs.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    home = paths.home()
    environment["PATH"] = search_path(environment)
    environment.setdefault("PULUMI_SKIP_UPDATE_CHECK", "true")
    if is_embedded():
        environment.setdefault("PULUMI_HOME", str(_pulumi_home()))
        # Plugins are those that are here: an attempt to download one would only end in an error about the network.
        environment.setdefault("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true")
    if not _has_backend(environment):
        container.ensure_lasting(home)
        state = home / "state"
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        environment["PULUMI_BACKEND_URL"] = f"file://{quote(str(state))}"
        if "PULUMI_CONFIG_PASSPHRASE" not in environment:
            environment.setdefault("PULUMI_CONFIG_PASSPHRASE_FILE", str(_passphrase(home)))
    return environment


def search_path(base: Mapping[str, str] | None = None) -> str:
    """Return ``PATH`` with the project's own commands before those of ``base`` (this process's own by default)."""
    inherited = (os.environ if base is None else base).get("PATH", os.defpath)
    folders = [paths.home() / "bin", paths.tools() / "bin", paths.ROOT / ".venv" / "bin"]
    return os.pathsep.join([*dict.fromkeys(map(str, folders)), inherited])


def is_embedded() -> bool:
    """Tell whether the engine is the one that was built here, and not one of Pulumi's own releases."""
    return (paths.tools() / "bin" / "pulumi-language-python").is_file()


def _pulumi_home() -> Path:
    """Return Pulumi's own folder; plugins that lie beside the tools elsewhere are linked into it."""
    folder = paths.home() / "pulumi"
    if paths.tools() != paths.home():
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            (folder / "plugins").symlink_to(paths.tools() / "pulumi" / "plugins")
    return folder


def _has_backend(environment: Mapping[str, str]) -> bool:
    if environment.get("PULUMI_BACKEND_URL") or environment.get("PULUMI_ACCESS_TOKEN"):
        return True
    folder = Path(environment.get("PULUMI_HOME", Path.home() / ".pulumi"))
    try:
        return bool(json.loads((folder / "credentials.json").read_text()).get("current"))
    except (OSError, ValueError):
        return False


def _passphrase(home: Path) -> Path:
    """Return the file of the passphrase that encrypts secrets in the state; made once, for the owner alone."""
    path = home / "passphrase"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(32))
    return path
