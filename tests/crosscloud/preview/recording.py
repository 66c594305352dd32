"""``python -m tests.crosscloud.preview.recording [CLOUD...]``: records anew the events that the goldens are made of.

Each cloud is brought up in a rehearsal (and `local` on this host), then the genuine engine previews one change after
the other, and what it tells is kept in ``recorded/<cloud>-<change>.jsonl``: the events of what changes, and the
names of what stays. AWS and local run with real machines, so that there is a cluster with helm's releases in it; it
takes minutes, and root.
"""

import json
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crosscloud import paths
from crosscloud.stacks.pulumi import changing_stacks
from tests.cluster.project import TestStack
from tests.rehearsal.harness import OPERATOR, Rehearsal, rehearsal

FOLDER = Path(__file__).parent / "recorded"
_LARGER = {"aws": "m7i.large", "azure": "Standard_D2s_v5", "gce": "n2-standard-2", "gke": "n2-standard-2"}
_LARGER |= {"packet": "m3.large.x86"}


#: Events that say what the engine is at.
_PASSING = {"preludeEvent", "progressEvent", "policyLoadEvent"}
_PASSING |= {f"policy{what}SummaryEvent" for what in ("Analyze", "AnalyzeStack", "Remediate")}


def release(folder: Path, **changes: str) -> str:
    """Write the release that was built with these lines in place of its own, and return its file."""
    text = (paths.home() / "release.env").read_text()
    for key, value in changes.items():
        if key.endswith("_TAG"):  # a tag that is not built has another digest, which nobody knows
            text = re.sub(rf"(?m)^{key[:-4]}_DIGEST=.*\n", "", text)
        text = re.sub(rf"(?m)^{key}=.*$", f"{key}={value}", text)
    made = Path(tempfile.mkdtemp(dir=folder)) / "release.env"
    made.write_text(text)
    (made.parent / "support.env").write_text((paths.home() / "support.env").read_text())
    return str(made)


def compacted(log: str) -> Iterator[str]:
    """Yield the log's events, of resources that stay only their names, nothing that is only said in passing."""
    for line in log.splitlines():
        event = json.loads(line)
        pre = event.get("resourcePreEvent")
        outputs = event.get("resOutputsEvent")
        metadata = (pre or outputs or {}).get("metadata", {})
        own = metadata.get("type") == "pulumi:pulumi:Stack"
        if outputs and not own:
            continue
        if metadata.get("op") == "same" and not own:
            kept = {key: metadata[key] for key in ("op", "urn", "type", "provider")}
            event["resourcePreEvent"]["metadata"] = kept
        elif pre and not own:
            _without_outputs(metadata)
        if _PASSING & event.keys() or (event.get("diagnosticEvent") or {}).get("ephemeral"):
            continue
        yield json.dumps(event, separators=(",", ":"), sort_keys=True)


def _without_outputs(metadata: dict[str, Any]) -> None:
    """Leave out what a resource gave, where no difference is one of that: inputs tell it all, and outputs are long."""
    told = (metadata.get("detailedDiff") or {}).values()
    if all(one.get("inputDiff") for one in told):
        for side in ("old", "new"):
            (metadata.get(side) or {}).pop("outputs", None)


class _Recorder:
    """Previews a stack as it is configured, and keeps the events."""

    def __init__(self, stack: Rehearsal | TestStack, folder: Path, cloud: str) -> None:
        self.stack, self.folder, self.cloud = stack, folder, cloud

    def record(self, change: str, **values: Any) -> None:
        self.stack.configure(**values)
        self.preview(change)

    def preview(self, change: str, command: tuple[str, ...] = ("preview",)) -> None:
        """Keep what the engine tells of a command, by default the preview of an update, under a name."""
        log = self.folder / "events"
        log.unlink(missing_ok=True)
        rest = getattr(self.stack, "leaving_out", ()) if command[0] == "preview" else ()
        arguments = (*command, *rest, "--event-log", str(log))
        if isinstance(self.stack, Rehearsal):
            said = self.stack.pulumi(*arguments, check=False, variables={"PULUMI_DEBUG_COMMANDS": "true"})
        else:
            options = ("--stack", self.stack.name, "--non-interactive")
            said = self.stack.run("env", "PULUMI_DEBUG_COMMANDS=true", "pulumi", *arguments, *options, check=False)
        FOLDER.mkdir(exist_ok=True)
        assert log.exists(), said
        text = "".join(f"{line}\n" for line in compacted(log.read_text()))
        for path, shown in ((paths.ROOT, "/checkout"), (self.folder, "/recording")):
            text = text.replace(str(path), shown)
        (FOLDER / f"{self.cloud}-{change}.jsonl").write_text(text)
        print(f"{self.cloud}-{change}: {len(text)} characters", flush=True)


def _without_machines(cloud: str, folder: Path) -> None:
    base: dict[str, Any] = {"workers": {"count": 2}}
    with rehearsal(cloud, folder, name=f"note-{cloud}", **base) as stack:
        recorder = _Recorder(stack, folder, cloud)
        recorder.record("created")
        stack.up()
        recorder.record("unchanged")
        recorder.record("workers-up", workers={"count": 5})
        recorder.record("workers-down", workers={"count": 1})
        recorder.record("workers-larger", workers={"count": 2, "size": _LARGER[cloud]})
        recorder.record("open", apiAccessCidrs=[OPERATOR, "198.51.100.0/24"])
        if cloud == "azure":
            recorder.record("owner", owner="someone-else")
        if cloud != "gke":
            larger = {"count": 1, "size": _LARGER[cloud]}
            recorder.record("refused", controlPlanes=larger)
            recorder.record("control-plane-larger", controlPlanes=larger, allowClusterReplacement=True)
        if cloud == "packet":
            stack.configure()
            recorder.preview("deleted", ("destroy", "--preview-only"))


def _packet(folder: Path) -> None:
    """With findings of the policies, too: the cheapest cloud will do."""
    _without_machines("packet", folder)
    with rehearsal("packet", folder / "open", name="note-open") as stack:
        unpinned = str(paths.ROOT / "release.env")
        open_to_all = {"apiAccessCidrs": ["0.0.0.0/0"], "apiAccessFromAnywhere": True}
        stack.configure(**open_to_all, releaseFile=unpinned)
        recorder = _Recorder(stack, folder, "packet")
        levels = folder / "levels.json"
        levels.write_text(json.dumps({"api-not-for-everybody": "mandatory"}))
        asked = ("preview", "--policy-pack", str(paths.ROOT / "policy"))
        recorder.preview("findings", (*asked, "--policy-pack-config", str(levels)))
        stack.configure(releaseFile=unpinned)
        recorder.preview("advised", asked)


def _aws(folder: Path) -> None:
    """With machines: a cluster that answers, with the projects in it."""
    with rehearsal("aws", folder, name="note-aws", machines=True, workers={"count": 2}) as stack:
        recorder = _Recorder(stack, folder, "aws")
        recorder.record("created")
        stack.up()
        recorder.record("unchanged")
        recorder.record("workers-up", workers={"count": 5})
        recorder.record("workers-down", workers={"count": 1})
        recorder.record("workers-larger", workers={"count": 2, "size": _LARGER["aws"]})
        recorder.record("open", apiAccessCidrs=[OPERATOR, "198.51.100.0/24"])
        recorder.record("owner", owner="someone-else")
        kubernetes = release(folder, KUBERNETES_TAG="v1.37.3")
        recorder.record("refused", releaseFile=kubernetes)
        recorder.record("kubernetes", releaseFile=kubernetes, allowClusterReplacement=True)
        recorder.record("coredns", releaseFile=release(folder, COREDNS_TAG="ci-v1.15.1.0a1b2c3d.7"))
        recorder.record("digest", releaseFile=release(folder, PROMETHEUS_DIGEST=f"sha256:{'5eed' * 16}"))


@contextmanager
def _local_stack(folder: Path, values: Mapping[str, Any]) -> Iterator[TestStack]:
    stack = TestStack(folder / "project", "note-local")
    stack.configure(**values)
    with changing_stacks():
        stack.pulumi("stack", "init", "--no-select")
    stack.run(sys.executable, "-m", "crosscloud.cli", "artifacts", "build")
    try:
        yield stack
    finally:
        stack.crosscloud("down")


def _local(folder: Path) -> None:
    base: dict[str, Any] = {"controlPlanes": {"count": 3}, "workers": {"count": 2}}
    with _local_stack(folder, base) as stack:
        recorder = _Recorder(stack, folder, "local")
        recorder.record("created", **base)
        stack.up()
        recorder.record("unchanged", **base)
        recorder.record("workers-up", **{**base, "workers": {"count": 4}})
        recorder.record("workers-down", **{**base, "workers": {"count": 1}})
        recorder.record("kubernetes", **base, releaseFile=release(folder, KUBERNETES_TAG="v1.37.3"))
        changed = release(folder, COREDNS_TAG="ci-v1.15.1.0a1b2c3d.7", PROMETHEUS_DIGEST=f"sha256:{'5eed' * 16}")
        recorder.record("release", **base, releaseFile=changed)
        recorder.record("domain", **base, clusterDomain="cluster.example")


def main(clouds: list[str]) -> None:
    """Record what these clouds show, or all."""
    own = {"packet": _packet, "aws": _aws, "local": _local}
    for cloud in clouds or ["gke", "azure", "gce", *own]:
        with tempfile.TemporaryDirectory(prefix="crosscloud-recording-") as folder:
            if cloud in own:
                own[cloud](Path(folder))
            else:
                _without_machines(cloud, Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
