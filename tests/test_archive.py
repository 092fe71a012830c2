"""Archives as untrusted input: what is refused, by which name, and that the rest stays readable."""

import io
import os
import stat
import struct
import unicodedata
import zipfile
from pathlib import Path

import pytest

from adapters.imports.archive import Archive, ArchiveUnreadable, glance, open_archive
from adapters.imports.entry import ArchiveLimits, EntryRefused
from adapters.imports.zip_names import spellings

GOOD = "general/2026-01-05.json"


def make_zip(path: Path, *entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as file:
        for name, data in entries:
            file.writestr(raw_info(name, method), data)
    return path


def raw_info(name: str, method: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("x")
    info.filename = info.orig_filename = name  # past zipfile's own tidying
    info.compress_type = method
    return info


def read_all(archive: Archive, name: str) -> bytes:
    with archive.open(name) as stream:
        return b"".join(iter(lambda: stream.read(1 << 16), b""))


def refused(path: Path, limits: ArchiveLimits = ArchiveLimits()) -> dict[str, str]:  # noqa: B008
    with open_archive(path, limits) as archive:
        return {refusal.entry: refusal.reason for refusal in archive.refusals}


def test_a_zip_lists_and_reads_its_entries(tmp_path: Path):
    path = make_zip(tmp_path / "a.zip", ("users.json", b"[]"), (GOOD, b"[1]"))
    with open_archive(path) as archive:
        assert archive.names == (GOOD, "users.json")
        assert read_all(archive, GOOD) == b"[1]"
        assert archive.refusals == ()


def test_a_folder_lists_and_reads_its_files(tmp_path: Path):
    (tmp_path / "general").mkdir()
    (tmp_path / GOOD).write_bytes(b"[1]")
    with open_archive(tmp_path) as archive:
        assert archive.names == (GOOD,)
        assert read_all(archive, GOOD) == b"[1]"


def test_a_single_file_is_an_archive_of_one(tmp_path: Path):
    (tmp_path / "one.json").write_bytes(b"{}")
    with open_archive(tmp_path / "one.json") as archive:
        assert read_all(archive, "one.json") == b"{}"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../outside.json", "leads out"),
        ("general/../../outside.json", "leads out"),
        ("/etc/passwd.json", "absolute"),
        ("C:/outside.json", "absolute"),
        ("c:outside.json", "absolute"),
        ("general\\2026-01-05.json", "twice"),
        ("..\\outside.json", "leads out"),
        ("C:\\outside.json", "absolute"),
        ("\\\\host\\share\\outside.json", "absolute"),
        ("general//2026-01-05.json", "plain form"),
        ("./users.json", "plain form"),
        ("general/\n.json", "plain text"),
        ("x" * 2000, "plain text"),
        ("inner.zip", "archive inside"),
    ],
)
def test_an_entry_with_a_hostile_name_is_refused_by_name_and_the_rest_stays(tmp_path: Path, name: str, why: str):
    path = make_zip(tmp_path / "a.zip", (GOOD, b"[]"), (name, b"[]"))
    with open_archive(path) as archive:
        assert archive.names == (GOOD,)
        (refusal,) = archive.refusals
        assert refusal.entry[:200] == name[:200].replace("\n", "\ufffd")
        assert why in refusal.reason


def test_a_name_cut_by_a_null_byte_is_refused(tmp_path: Path):
    path = make_zip(tmp_path / "a.zip", ("users.json\0.exe", b"[]"), (GOOD, b"[]"))
    with open_archive(path) as archive:
        assert archive.names == (GOOD,)
        assert "plain text" in archive.refusals[0].reason


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFBLK])
def test_links_and_devices_in_a_zip_are_refused(tmp_path: Path, kind: int):
    info = raw_info("users.json")
    info.external_attr = (kind | 0o777) << 16
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(info, b"/etc/passwd")
        file.writestr(GOOD, b"[]")
    assert list(refused(path)) == ["users.json"]


def test_links_and_pipes_in_a_folder_are_refused_and_never_opened(tmp_path: Path):
    secret = tmp_path / "secret.json"
    secret.write_bytes(b"[]")
    export = tmp_path / "export"
    (export / "general").mkdir(parents=True)
    (export / GOOD).write_bytes(b"[]")
    (export / "users.json").symlink_to(secret)
    (export / "elsewhere").symlink_to(tmp_path)
    os.mkfifo(export / "pipe.json")
    with open_archive(export) as archive:
        assert archive.names == (GOOD,)
        assert {refusal.entry for refusal in archive.refusals} == {"users.json", "elsewhere", "pipe.json"}


def test_a_file_that_becomes_a_link_after_listing_is_refused(tmp_path: Path):
    (tmp_path / "users.json").write_bytes(b"[]")
    with open_archive(tmp_path) as archive:
        (tmp_path / "users.json").unlink()
        (tmp_path / "users.json").symlink_to("/etc/passwd")
        with pytest.raises(EntryRefused):
            read_all(archive, "users.json")


def test_of_two_entries_with_one_name_the_second_is_refused(tmp_path: Path):
    path = make_zip(tmp_path / "a.zip", (GOOD, b"[1]"), ("other.json", b"[]"))
    data = path.read_bytes().replace(b"other.json", b"users.json")
    path.write_bytes(data)
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(path, "a") as file:
        file.writestr("users.json", b"[2]")
    with open_archive(path) as archive:
        assert [(refusal.entry, refusal.reason) for refusal in archive.refusals] == [("users.json", "is there twice")]
        assert read_all(archive, "users.json") == b"[]"


def test_an_encrypted_entry_is_refused(tmp_path: Path):
    path = make_zip(tmp_path / "a.zip", ("users.json", b"[]"), (GOOD, b"[]"))
    data = bytearray(path.read_bytes())
    central = data.index(b"PK\x01\x02")
    data[central + 8] |= 1
    path.write_bytes(data)
    assert refused(path) == {"users.json": "is encrypted"}


def test_an_unusual_packing_is_refused(tmp_path: Path):
    path = make_zip(tmp_path / "a.zip", ("users.json", b"[]"), method=zipfile.ZIP_LZMA)
    assert list(refused(path)) == ["users.json"]


def test_a_zip_without_its_end_cannot_be_opened(tmp_path: Path):
    path = make_zip(tmp_path / "a.zip", ("users.json", b"[]"), (GOOD, b"[]"))
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ArchiveUnreadable, match="damaged or cut off"):
        open_archive(path)
    assert glance(path) == ("users.json", GOOD)


@pytest.mark.parametrize("damage", [b"PK\x03\x04", b"PK\x05\x06", b"PK\x05\x06" + b"\xff" * 18])
def test_a_damaged_zip_is_unreadable_and_never_a_crash(tmp_path: Path, damage: bytes):
    (tmp_path / "a.zip").write_bytes(damage)
    with pytest.raises(ArchiveUnreadable):
        open_archive(tmp_path / "a.zip")
    assert glance(tmp_path / "a.zip") == ()


def test_an_entry_whose_bytes_are_damaged_is_refused_before_any_are_given(tmp_path: Path):
    path = make_zip(tmp_path / "a.zip", (GOOD, b"[1, 2, 3]"), ("users.json", b"[]"), method=zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"[1, 2, 3]", b"[1, 9, 3]"))
    with open_archive(path) as archive:
        with pytest.raises(EntryRefused, match="damaged"), archive.open(GOOD):
            pass
        assert read_all(archive, "users.json") == b"[]"


def test_an_entry_that_ends_too_early_is_refused(tmp_path: Path):
    path = make_zip(tmp_path / "a.zip", (GOOD, os.urandom(5000)))
    data = bytearray(path.read_bytes())
    central = data.index(b"PK\x01\x02")
    for offset in (14, 18):  # the local header's sizes follow its checksum
        data[offset + 4 : offset + 8] = struct.pack("<I", 100)
    data[central + 20 : central + 24] = struct.pack("<I", 100)
    path.write_bytes(data)
    with open_archive(path) as archive, pytest.raises(EntryRefused):
        read_all(archive, GOOD)


def test_a_bomb_is_stopped_at_its_ratio_while_the_rest_stays(tmp_path: Path):
    path = make_zip(tmp_path / "a.zip", ("bomb.json", b" " * 50_000_000), (GOOD, b"[1]"))
    with open_archive(path) as archive:
        with pytest.raises(EntryRefused, match="unpacks to more"):
            read_all(archive, "bomb.json")
        assert read_all(archive, GOOD) == b"[1]"


def test_a_bomb_that_lies_about_its_size_is_stopped_all_the_same(tmp_path: Path):
    path = make_zip(tmp_path / "a.zip", ("bomb.json", b" " * 50_000_000))
    data = bytearray(path.read_bytes())
    central = data.index(b"PK\x01\x02")
    data[central + 20 : central + 24] = struct.pack("<I", 0x7FFFFFFF)  # packed
    data[central + 24 : central + 28] = struct.pack("<I", 0x7FFFFFFF)  # unpacked
    path.write_bytes(data)
    with open_archive(path) as archive, pytest.raises(EntryRefused):
        read_all(archive, "bomb.json")


def test_many_small_bombs_are_stopped_at_the_ratio_of_the_whole(tmp_path: Path):
    entries = [(f"{number}.json", b" " * 900_000) for number in range(60)]
    path = make_zip(tmp_path / "a.zip", *entries)
    with open_archive(path) as archive, pytest.raises(EntryRefused, match="export unpacks to more"):
        b"".join(read_all(archive, name) for name in archive.names)


def test_entries_are_held_to_their_own_limit_and_to_the_total(tmp_path: Path):
    path = make_zip(tmp_path / "a.zip", ("a.json", os.urandom(3000)), ("b.json", os.urandom(3000)))
    with open_archive(path, ArchiveLimits(entry_bytes=2000)) as archive, pytest.raises(EntryRefused):
        read_all(archive, "a.json")
    with open_archive(path, ArchiveLimits(total_bytes=5000)) as archive:
        read_all(archive, "a.json")
        with pytest.raises(EntryRefused):
            read_all(archive, "b.json")


def test_too_many_entries_are_refused_as_a_whole(tmp_path: Path):
    path = make_zip(tmp_path / "a.zip", *((f"{number}.json", b"") for number in range(20)))
    with pytest.raises(ArchiveUnreadable, match="more than 10"):
        open_archive(path, ArchiveLimits(entries=10))


def test_a_path_that_is_not_there_says_so(tmp_path: Path):
    with pytest.raises(ArchiveUnreadable, match="isn't there"):
        open_archive(tmp_path / "no.zip")


def test_what_macos_adds_is_passed_over(tmp_path: Path):
    path = make_zip(tmp_path / "a.zip", ("__MACOSX/._users.json", b"x"), (".DS_Store", b"x"), (GOOD, b"[]"))
    with open_archive(path) as archive:
        assert archive.names == (GOOD,)
        assert archive.refusals == ()


def test_nothing_is_written_to_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = make_zip(tmp_path / "a.zip", (GOOD, b"[1]"))
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with open_archive(path) as archive:
        assert io.BytesIO(read_all(archive, GOOD)).read() == b"[1]"
    assert sorted(tmp_path.rglob("*")) == before


def test_backslashes_stand_between_folders_in_a_zip_and_in_what_was_unpacked_from_it(tmp_path: Path):
    path = make_zip(tmp_path / "a.zip", ("quay\\2026-01-05.json", b"[1]"))
    (tmp_path / "unpacked").mkdir()
    (tmp_path / "unpacked" / "quay\\2026-01-05.json").write_bytes(b"[1]")
    for export in (path, tmp_path / "unpacked"):
        with open_archive(export) as archive:
            assert archive.names == ("quay/2026-01-05.json",)
            assert read_all(archive, "quay/2026-01-05.json") == b"[1]"


def renamed(path: Path, name: bytes) -> Path:
    """A zip whose one entry has these bytes for a name, and doesn't say in which code page."""
    stand_in = b"x" * len(name)
    make_zip(path, (stand_in.decode(), b"[1]"))
    path.write_bytes(path.read_bytes().replace(stand_in, name))
    return path


@pytest.mark.parametrize(
    ("folder", "page"),
    [
        ("größe", "utf-8"), ("größe", "cp437"), ("größe", "cp850"), ("größe", "cp1252"), ("設計表", "cp932"),
        ("ソフト", "cp932"), ("設計", "euc-jp"), ("设计", "gb18030"), ("設計", "cp950"), ("설계", "cp949"),
        ("причал", "cp866"), ("причал", "cp1251"), ("причал", "koi8-r"), ("žlutý", "cp1250"), ("cafe\u0301", "utf-8"),
    ],
)  # fmt: skip
def test_a_name_in_any_usual_code_page_is_found_by_what_it_says(tmp_path: Path, folder: str, page: str):
    path = renamed(tmp_path / "a.zip", f"{folder}/2026-01-05.json".encode(page))
    with open_archive(path) as archive:
        (name,) = archive.names
        assert name.partition("/")[0] in set(spellings(unicodedata.normalize("NFC", folder)))
        assert read_all(archive, name) == b"[1]"


def test_a_name_in_its_unicode_field_is_taken_from_there(tmp_path: Path):
    info = raw_info("hafen/2026-01-05.json")
    said = "причал/2026-01-05.json".encode()
    info.extra = struct.pack("<HHBI", 0x7075, 5 + len(said), 1, 0) + said
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr(info, b"[]")
    with open_archive(tmp_path / "a.zip") as archive:
        assert archive.names == ("причал/2026-01-05.json",)


def test_pipes_and_devices_are_never_opened(tmp_path: Path):
    os.mkfifo(tmp_path / "export.json")
    for path in (tmp_path / "export.json", Path("/dev/zero"), Path("/dev/stdin")):
        assert glance(path) == ()
        with pytest.raises(ArchiveUnreadable, match="file"):
            open_archive(path)


def test_of_many_refused_entries_the_first_are_named_and_all_counted(tmp_path: Path):
    path = make_zip(tmp_path / "a.zip", (GOOD, b"[]"), *((f"../{number}", b"") for number in range(3000)))
    with open_archive(path) as archive:
        assert len(archive.refusals) == 1001
        assert sum(refusal.count for refusal in archive.refusals) == 3000
