import io
import tarfile
from pathlib import Path

import zstandard

from crosscloud.artifacts import layer
from crosscloud.artifacts.catalogue.model import NOBODY, File, Image

IMAGE = Image(
    repository="tests/x",
    binaries={"x": "/usr/local/bin/x", "dns": "/dns"},
    folders={"/data": NOBODY},
    links={"/usr/local/bin/y": "x"},
    files=(File("/etc/x/x.yml", source="examples/x.yml", owner=NOBODY), File("/etc/x/y.yml", text="a: 1\n")),
    bind_service=("/dns",),
)


def archive(tmp_path: Path, name: str) -> Path:
    for binary in ("x", "dns"):
        (tmp_path / binary).write_bytes(b"\x7fELF" + binary.encode())
    (tmp_path / "examples").mkdir(exist_ok=True)
    (tmp_path / "examples" / "x.yml").write_text("x: 1\n")
    binaries = {"x": tmp_path / "x", "dns": tmp_path / "dns"}
    layer.write(tmp_path / name, layer.entries(IMAGE, binaries, tmp_path), 1_700_000_000)
    return tmp_path / name


def members(path: Path) -> dict[str, tarfile.TarInfo]:
    with path.open("rb") as file:
        raw = zstandard.ZstdDecompressor().stream_reader(file).read()
    with tarfile.open(fileobj=io.BytesIO(raw)) as opened:
        return {member.name: member for member in opened.getmembers()}


def test_the_same_content_makes_the_same_bytes(tmp_path: Path) -> None:
    first = archive(tmp_path, "a").read_bytes()
    (tmp_path / "x").touch()
    assert archive(tmp_path, "b").read_bytes() == first


def test_owners_modes_links_and_times_are_the_catalogue_s(tmp_path: Path) -> None:
    found = members(archive(tmp_path, "a"))
    assert found["usr/local/bin/x"].mode == 0o755
    assert found["usr/local/bin/y"].issym()
    assert found["usr/local/bin/y"].linkname == "x"
    assert found["data"].isdir()
    assert found["data"].uid == NOBODY
    assert found["etc/x/x.yml"].uid == NOBODY
    assert found["etc/x/x.yml"].size == len("x: 1\n")
    assert found["tmp"].mode == 0o1777
    assert {member.mtime for member in found.values()} == {1_700_000_000}


def test_every_folder_comes_before_what_is_in_it(tmp_path: Path) -> None:
    names = list(members(archive(tmp_path, "a")))
    assert names == sorted(names)
    for name in names:
        parent = str(Path(name).parent)
        assert parent == "." or names.index(parent) < names.index(name)


def test_only_the_named_binary_may_bind_low_ports(tmp_path: Path) -> None:
    header = "SCHILY.xattr.security.capability"
    found = members(archive(tmp_path, "a"))
    with_header = [name for name, member in found.items() if header in member.pax_headers]
    assert with_header == ["dns"]
    value = found["dns"].pax_headers[header].encode()
    assert value[:4] == b"\x01\x00\x00\x02"  # version 2, effective
    assert int.from_bytes(value[4:8], "little") == 1 << 10  # CAP_NET_BIND_SERVICE
    assert len(value) == 20
