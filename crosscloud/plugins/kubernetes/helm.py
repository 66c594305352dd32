"""Runs the genuine helm, without leaving a kubeconfig or values on the disk or on its command line."""

import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from crosscloud.paths import home
from crosscloud.plugins.base import PluginError
from crosscloud.plugins.kubernetes.connection import Connection
from crosscloud.plugins.kubernetes.settings import Settings

#: Seconds between two looks at whether helm is done or the user has cancelled.
_TICK = 0.05
#: Seconds that helm has to mark its release as failed after it was asked to stop.
_GOODBYE = 10


class HelmError(PluginError):
    """Helm refused or failed; its own words are the message."""


class Helm:
    """The helm command for one cluster."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()

    def run(  # noqa: PLR0913 - all but one are optional
        self,
        arguments: Sequence[str],
        *,
        connection: Connection | None = None,
        values: Mapping[str, Any] | None = None,
        cancelled: threading.Event | None = None,
        tick: Callable[[], None] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """Run helm to its end and return its standard output; ``tick`` is called every second while it runs."""
        environ = {**os.environ, **self._environment(), **(environment or {})}
        command = [*mortal(), str(find()), *arguments]
        with (
            _hidden("kubeconfig", connection.text() if connection else None) as kubeconfig,
            _hidden("values", json.dumps(values) if values is not None else None) as file,
        ):
            if kubeconfig:
                environ["KUBECONFIG"] = kubeconfig
            if file:
                command += ["--values", file]
            files = [int(path.rpartition("/")[2]) for path in (kubeconfig, file) if path.startswith("/proc/")]
            return self._wait(command, environ, files, cancelled or threading.Event(), tick or (lambda: None))

    def _environment(self) -> dict[str, str]:
        own = home() / "helm"
        chosen = {"HELM_CACHE_HOME": str(own / "cache"), "HELM_DRIVER": self._settings.helm_driver}
        return {**chosen, **self._settings.helm_environment}

    def _wait(
        self,
        command: list[str],
        environ: Mapping[str, str],
        files: list[int],
        cancelled: threading.Event,
        tick: Callable[[], None],
    ) -> str:
        # Its own process group keeps the terminal's Ctrl-C away from it: the engine's cancellation comes through us.
        process = subprocess.Popen(
            command,
            env=environ,
            pass_fds=files,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        with self._lock:
            self._running.add(process)
        outputs: list[str] = ["", ""]
        readers = [threading.Thread(target=_drain, args=(process, i, outputs), daemon=True) for i in (0, 1)]
        for reader in readers:
            reader.start()
        try:
            _watch(process, cancelled, tick)
        finally:
            with self._lock:
                self._running.discard(process)
        for reader in readers:
            reader.join()
        if process.returncode:
            raise HelmError(_words(outputs[1]) or f"helm ended with status {process.returncode}")
        return outputs[0]

    def stop(self) -> None:
        """Kill what runs: the plugin is about to end, and nothing may work on behind its back."""
        with self._lock:
            for process in self._running:
                process.kill()


def find() -> Path:
    """Return the helm to use: the project's own, else PATH's."""
    own = home() / "bin" / "helm"
    if os.access(own, os.X_OK):
        return own
    found = shutil.which("helm")
    if found is None:
        raise PluginError(f"helm was found neither as {own} nor on PATH; `make setup` builds it")
    return Path(found)


def mortal() -> list[str]:
    """Return the prefix that makes a program die with the thread that started it, even when that is killed with -9."""
    found = shutil.which("setpriv")
    return [found, "--pdeathsig", "KILL", "--"] if found else []


@contextmanager
def _hidden(name: str, text: str | None) -> Iterator[str]:
    """Give ``text`` to a child as the path of a file in memory, which only it and we can open; "" for no text."""
    if text is None:
        yield ""
        return
    if not hasattr(os, "memfd_create"):
        with _file(name, text) as path:
            yield path
        return
    handle = os.memfd_create(f"crosscloud-{name}")
    try:
        os.fchmod(handle, 0o600)
        with os.fdopen(os.dup(handle), "w", encoding="utf-8") as file:
            file.write(text)
        yield f"/proc/self/fd/{handle}"
    finally:
        os.close(handle)


@contextmanager
def _file(name: str, text: str) -> Iterator[str]:
    import tempfile

    with tempfile.NamedTemporaryFile("w", prefix=f"crosscloud-{name}-", encoding="utf-8") as file:  # made 0600
        file.write(text)
        file.flush()
        yield file.name


def _drain(process: "subprocess.Popen[str]", index: int, into: list[str]) -> None:
    stream = (process.stdout, process.stderr)[index]
    if stream is not None:
        into[index] = stream.read()
        stream.close()


def _watch(process: "subprocess.Popen[str]", cancelled: threading.Event, tick: Callable[[], None]) -> None:
    ticks = 0
    while True:
        try:
            process.wait(_TICK)
            return
        except subprocess.TimeoutExpired:
            ticks += 1
        if cancelled.is_set():
            process.send_signal(signal.SIGINT)  # helm then marks the release as failed
            try:
                process.wait(_GOODBYE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            return
        if ticks % int(1 / _TICK) == 0:
            tick()


def _words(said: str) -> str:
    """Return helm's error without its warnings and prefixes."""
    lines = [line for line in said.splitlines() if line.strip() and not line.startswith(("WARNING:", "W1", "I1"))]
    text = "\n".join(lines)
    return text.partition("Error: ")[2] or text


def load_values(files: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Merge the values of YAML assets, later ones over earlier ones."""
    merged: dict[str, Any] = {}
    for asset in files:
        if not isinstance(asset, Mapping) or not (asset.get("path") or asset.get("text")):
            raise PluginError("valueYamlFiles takes file and string assets only")
        name = asset.get("path") or "a string asset"
        try:
            text = asset.get("text") or Path(asset["path"]).read_text(encoding="utf-8")
            loaded = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}  # noqa: S506 - safe
        except (OSError, yaml.YAMLError) as error:
            raise PluginError(f"valueYamlFiles: {name} can't be read as YAML: {error}") from None
        merged = merge(merged, loaded)
    return merged


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Merge two values trees as helm does: maps key by key, everything else replaced."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = merge(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return merged
