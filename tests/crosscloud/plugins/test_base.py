"""The base of the plugins, by the engine's own protocol."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2

from crosscloud.paths import ROOT
from crosscloud.plugins.base import UNKNOWN, Secret, Values, decode, encode
from crosscloud.plugins.base_proto import provider_pb2, provider_pb2_grpc, status_pb2

URN = "urn:pulumi:dev::sample::toy:index:Toy::t"
PLUGIN = Path(__file__).parent / "toy_plugin.py"


def start(*, debug: bool = False) -> "subprocess.Popen[str]":
    environment = {k: v for k, v in os.environ.items() if k not in ("CROSSCLOUD_DEBUG", "PULUMI_DEBUG")}
    environment |= {"PYTHONPATH": str(ROOT), **({"CROSSCLOUD_DEBUG": "1"} if debug else {})}
    return subprocess.Popen(
        [sys.executable, str(PLUGIN)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def connect(process: "subprocess.Popen[str]") -> Any:
    assert process.stdout is not None
    # The engine's client takes trailers of up to 16 MiB; this one has to be told.
    options = [("grpc.max_metadata_size", 16 << 20), ("grpc.absolute_max_metadata_size", 16 << 20)]
    channel = grpc.insecure_channel(f"127.0.0.1:{process.stdout.readline().strip()}", options)
    return provider_pb2_grpc.ResourceProviderStub(channel)


@pytest.fixture(scope="module")
def plugin() -> Iterator[Any]:
    process = start()
    yield connect(process)
    process.terminate()
    process.communicate(timeout=10)


def create(plugin: Any, inputs: Mapping[str, Any], *, preview: bool = False) -> Any:
    return plugin.Create(provider_pb2.CreateRequest(urn=URN, properties=encode(inputs), preview=preview))


def failure(plugin: Any, inputs: Mapping[str, Any]) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as raised:
        create(plugin, inputs)
    return raised.value


def test_values_survive_the_way_to_the_engine_and_back() -> None:
    values = {"a": [1, 2.5, True, None, "x"], "b": {"c": UNKNOWN, "d": []}, "e": Secret({"f": "hidden"})}
    back = decode(encode(values))
    assert back == {**values, "e": {"f": "hidden"}}
    assert back["b"]["c"] is UNKNOWN
    assert isinstance(back["a"][0], int)
    assert back.secret_paths == {("e",)}
    assert back.is_secret("e", "f")
    assert not back.is_secret("a")


def test_a_secret_within_a_list_is_found_at_its_place() -> None:
    back = decode(encode({"a": [{"b": Secret("hidden")}]}))
    assert back.secret_paths == {("a", 0, "b")}
    assert decode(encode(Values(back, back.secret_paths))).secret_paths == back.secret_paths


def test_a_secret_input_stays_secret_in_the_outputs(plugin: Any) -> None:
    made = decode(create(plugin, {"word": Secret("hidden"), "size": 1}).properties)
    assert made["word"] == "hidden"
    assert made.secret_paths == {("word",), ("made",)}


def test_an_old_secret_stays_secret_after_an_update(plugin: Any) -> None:
    olds = encode({"made": Secret("inside"), "size": 1})
    answer = plugin.Update(provider_pb2.UpdateRequest(urn=URN, id="toy-1", olds=olds, news=encode({"size": 2})))
    updated = decode(answer.properties)
    assert updated == {"made": "inside", "size": 2}
    assert updated.secret_paths == {("made",)}


def test_a_preview_may_leave_outputs_unknown(plugin: Any) -> None:
    made = create(plugin, {"size": 1}, preview=True)
    assert made.id == ""
    assert decode(made.properties)["made"] is UNKNOWN


def test_a_check_completes_inputs_and_names_what_is_wrong(plugin: Any) -> None:
    answer = plugin.Check(provider_pb2.CheckRequest(urn=URN, news=encode({"size": 0, "word": Secret("hidden")})))
    checked = decode(answer.inputs)
    assert checked["filled"] == "in"
    assert checked.secret_paths == {("word",)}
    assert [(f.property, f.reason) for f in answer.failures] == [("size", "must be 1 to 9")]


def test_a_diff_names_each_changed_property_and_what_replaces(plugin: Any) -> None:
    old, new = {"name": "a", "deep": {"x.y": [1, 2]}, "gone": 1}, {"name": "b", "deep": {"x.y": [1, 3]}, "new": 1}
    answer = plugin.Diff(
        provider_pb2.DiffRequest(urn=URN, id="toy-1", old_inputs=encode(old), olds=encode(old), news=encode(new))
    )
    kinds = provider_pb2.PropertyDiff
    assert {path: diff.kind for path, diff in answer.detailedDiff.items()} == {
        "name": kinds.UPDATE_REPLACE,
        'deep["x.y"][1]': kinds.UPDATE,
        "gone": kinds.DELETE,
        "new": kinds.ADD,
    }
    assert list(answer.replaces) == ["name"]
    assert answer.changes == provider_pb2.DiffResponse.DIFF_SOME


def test_the_same_inputs_are_no_change(plugin: Any) -> None:
    same = encode({"a": 1, "b": [True, {"c": "d"}]})
    answer = plugin.Diff(provider_pb2.DiffRequest(urn=URN, id="toy-1", old_inputs=same, olds=same, news=same))
    assert answer.changes == provider_pb2.DiffResponse.DIFF_NONE


def test_what_is_gone_is_read_as_gone(plugin: Any) -> None:
    assert plugin.Read(provider_pb2.ReadRequest(urn=URN, id="gone")).id == ""
    assert plugin.Read(provider_pb2.ReadRequest(urn=URN, id="toy-1")).id == "toy-1"


def test_an_expected_failure_is_its_own_words_and_nothing_else(plugin: Any) -> None:
    assert failure(plugin, {"act": "refuse"}).details() == "the toy is broken: mend it"


def test_an_unexpected_failure_shows_no_traceback(plugin: Any) -> None:
    details = str(failure(plugin, {"act": "crash"}).details())
    assert "ValueError: boom" in details
    assert "File " not in details


def test_a_partial_failure_carries_the_state_with_its_secrets_and_the_reasons(plugin: Any) -> None:
    # As large as a manifest with its boot log: it travels in the trailer of the answer.
    error = failure(plugin, {"act": "half", "word": Secret("hidden"), "log": "x" * 300_000})
    trailer: dict[str, bytes] = dict(error.trailing_metadata())  # type: ignore[arg-type]
    status = status_pb2.Status.FromString(trailer["grpc-status-details-bin"])
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    assert detail.id == "toy-1"
    assert list(detail.reasons) == ["a wheel is missing", "the paint is wet"]
    assert decode(detail.properties).secret_paths == {("word",), ("made",)}


def test_an_unknown_type_is_named_with_what_there_is(plugin: Any) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        plugin.Create(provider_pb2.CreateRequest(urn=URN.replace("Toy", "Tool")))
    assert raised.value.details() == "provider toy has no resource toy:index:Tool; it has toy:index:Toy"


def test_the_plugin_tells_its_version_and_takes_secrets(plugin: Any) -> None:
    assert plugin.GetPluginInfo(empty_pb2.Empty()).version == "1.0.0"
    answer = plugin.Configure(provider_pb2.ConfigureRequest())
    assert answer.acceptSecrets
    assert answer.supportsPreview


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_quietly_even_in_the_middle_of_work(number: signal.Signals) -> None:
    process = start()
    stub = connect(process)
    work = stub.Create.future(provider_pb2.CreateRequest(urn=URN, properties=encode({"act": "sleep"})))
    time.sleep(0.3)
    process.send_signal(number)
    _, said = process.communicate(timeout=5)
    assert said == "closed\n"
    assert process.returncode == 0
    assert work.exception() is not None


def test_it_ends_with_the_process_that_started_it() -> None:
    # The shell in between is the engine's stand-in: killed, it can tell nobody.
    command = f'"{sys.executable}" "{PLUGIN}" & echo $!; wait'
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    shell = subprocess.Popen(["sh", "-c", command], env=environment, stdout=subprocess.PIPE, text=True)
    assert shell.stdout is not None
    plugin, _port = int(shell.stdout.readline()), shell.stdout.readline()
    shell.kill()
    shell.wait()
    end = time.monotonic() + 5
    while Path(f"/proc/{plugin}/cmdline").exists() and Path(f"/proc/{plugin}/cmdline").read_text():
        assert time.monotonic() < end
        time.sleep(0.05)
    shell.stdout.close()


def test_it_starts_without_the_sdk() -> None:
    code = "import sys, crosscloud.plugins.base, crosscloud.plugins.base_servicer; print('pulumi' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "False\n"
    code += "; import pulumi; from pulumi.runtime.proto import provider_pb2"
    code += "; print(provider_pb2 is crosscloud.plugins.base_proto.provider_pb2)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "False\nTrue\n"
