"""The simulated cloud's memory: a JSON file a record, below the rehearsal's folder.

Several processes use it at once (each run of the engine has a plugin of its own), so whatever reads in order to write
does it within `Cloud.transaction`. Records may hold secrets (user-data): their owner alone may read them.
"""

import hashlib
import json
import secrets
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from crosscloud.locking import locked
from crosscloud.machines.store import write_private
from crosscloud.plugins.simulated import rehearsal

#: The folders of the transactions that this thread is in.
_held = threading.local()


@dataclass(frozen=True)
class Record:
    """Something that exists in the cloud; ``refers`` are the ids that it can't do without."""

    kind: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    urn: str = ""
    refers: list[str] = field(default_factory=list)
    #: Its own from its creation on: another thing of the same id, made later, has another.
    token: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Cloud:
    """The records of a rehearsal's cloud, by kind ("Subnet") and id."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    @property
    def folder(self) -> Path:
        """The folder of the records: ``cloud`` in the rehearsal's, unless another was given."""
        return self._folder or rehearsal.folder() / "cloud"

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep every other thread and process from the records for the length of the block; keep it short."""
        folder = self.folder
        if folder in _held.__dict__.setdefault("folders", set()):
            yield
            return
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with locked(folder / "lock"):
            _held.folders.add(folder)
            try:
                yield
            finally:
                _held.folders.discard(folder)

    def records(self, kind: str = "") -> list[Record]:
        """Return all records of a kind, or of every kind, in the order of their ids."""
        files = self.folder.glob(f"{kind or '*'}/*.json")
        found = [record for record in map(_load, files) if record is not None]
        return sorted(found, key=lambda record: (record.kind, record.id))

    def get(self, kind: str, identifier: str) -> Record | None:
        """Return the record, or None if there is none."""
        return _load(self._file(kind, identifier))

    def put(  # noqa: PLR0913 - the last two are optional
        self,
        kind: str,
        identifier: str,
        inputs: Mapping[str, Any],
        outputs: Mapping[str, Any],
        *,
        urn: str = "",
        refers: Collection[str] = (),
    ) -> Record:
        """Write the record anew, in one step."""
        file = self._file(kind, identifier)
        with self.transaction():
            old = _load(file)
            token = old.token if old is not None else secrets.token_hex(8)
            record = Record(kind, identifier, dict(inputs), dict(outputs), urn, sorted(refers), token)
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_private(file, json.dumps(asdict(record)))
        return record

    def drop(self, kind: str, identifier: str) -> None:
        """Remove the record; one that is gone already is no error."""
        with self.transaction():
            self._file(kind, identifier).unlink(missing_ok=True)

    def referrers(self, identifier: str) -> list[Record]:
        """Return the records that can't do without the one of that id."""
        return [record for record in self.records() if identifier in record.refers and record.id != identifier]

    def settle(self, tokens: Collection[str]) -> None:
        """Note that whoever asked for these records has learnt of them."""
        with self.transaction(), (self.folder / "settled").open("a") as file:
            file.writelines(f"{token}\n" for token in tokens)

    def settled(self) -> set[str]:
        """Return the tokens of all records that `settle` was told of."""
        file = self.folder / "settled"
        return set(file.read_text().split()) if file.exists() else set()

    def _file(self, kind: str, identifier: str) -> Path:
        # Ids hold slashes on some clouds, and are longer than a file's name may be.
        return self.folder / kind / f"{hashlib.sha256(identifier.encode()).hexdigest()[:24]}.json"


def _load(file: Path) -> Record | None:
    try:
        return Record(**json.loads(file.read_text()))
    except FileNotFoundError:
        return None
