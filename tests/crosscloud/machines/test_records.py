"""Records, locks and processes: what is known about things on the host."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from crosscloud import locking
from crosscloud.machines import bootlog, processes, store
from crosscloud.machines.store import Machine, Network


def machine(**changes: object) -> Machine:
    return Machine(id="m-abcde", urn="urn:1", inputs={"name": "m"}, **changes)  # type: ignore[arg-type]


def test_a_record_is_read_as_it_was_written(home: Path) -> None:
    written = machine(address="10.66.0.32", supervisor=[1, 2], phase=store.READY)
    store.save(written)
    assert store.load(Machine, "m-abcde") == written
    assert store.everything(Machine) == [written]
    assert store.everything(Network) == []
    assert (home / "machines/machines/m-abcde/record.json").stat().st_mode & 0o777 == 0o600


def test_a_forgotten_record_takes_its_folder_with_it(home: Path) -> None:
    record = machine()
    store.save(record)
    folder = store.folder(Machine, record.id)
    (folder / "upper/etc").mkdir(parents=True)
    (folder / "upper/etc/link").symlink_to(home)
    store.forget(record)
    assert not folder.exists()
    assert home.is_dir(), "what a link points to is not ours to remove"
    store.forget(record)


def test_the_record_outlives_a_removal_that_is_interrupted(home: Path) -> None:
    record = machine()
    store.save(record)
    folder = store.folder(Machine, record.id)
    for number in range(50):
        (folder / f"{number}").mkdir()
    removed: list[str] = []

    def seen(event: str, arguments: tuple[object, ...]) -> None:
        if event == "os.rmdir" and threading.get_ident() == me:
            removed.append(Path(str(arguments[0])).name)

    me = threading.get_ident()
    sys.addaudithook(seen)
    store.forget(record)
    assert removed[-1] == "m-abcde"
    assert home.is_dir()


def test_two_checkouts_mark_their_things_differently(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = store.home_key()
    monkeypatch.setenv("CROSSCLOUD_HOME", str(home / "other"))
    assert store.home_key() != first
    assert store.new_id().startswith(store.home_key())


def test_a_process_is_not_taken_for_a_later_one_of_the_same_number() -> None:
    me = processes.identify(os.getpid())
    assert processes.alive(me)
    assert not processes.alive([me[0], me[1] + 1])
    assert not processes.alive([])


def test_a_dead_process_that_nobody_reaped_is_dead() -> None:
    child = subprocess.Popen(["true"])
    identity = processes.identify(child.pid)
    processes.wait_until(lambda: not processes.alive(identity), 5)
    assert not processes.alive(identity)
    child.wait()


def test_ending_a_process_that_ignores_the_request_kills_it() -> None:
    code = (
        "import signal,sys,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        identity = processes.identify(child.pid)
        processes.end(identity, grace=0.2)
        assert child.wait(5) == -9


def test_ending_something_else_with_the_number_of_ours_is_refused() -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        number, started = processes.identify(other.pid)
        processes.end([number, started - 1])
        assert other.poll() is None
        other.kill()


def test_a_lock_waits_for_its_holder(tmp_path: Path) -> None:
    order = []

    def second() -> None:
        with locking.locked(tmp_path / "lock"):
            order.append("second")

    with locking.locked(tmp_path / "lock"):
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.1)
        order.append("first")
    thread.join(5)
    assert order == ["first", "second"]


def test_the_end_of_a_boot_log_is_plain_text(tmp_path: Path) -> None:
    log = tmp_path / "console.log"
    log.write_bytes(b"one\r\n\x1b[0;32m  OK  \x1b[0m two\r\nthree\xff\r\n")
    assert bootlog.tail(log, 2) == "  OK   two\nthree\ufffd"
    assert "no boot log" in bootlog.tail(tmp_path / "missing")
