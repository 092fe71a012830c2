"""What isn't an export that is read is called what it is, with what to give instead."""

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from adapters.imports.formats import explain
from bot.errors import UsageError
from bot.runtime.importing import MOST_NAMED, bring_in

MESSAGE = {"type": "message", "user": "U1", "ts": "1767600000.000001", "text": "hi"}


def write(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else json.dumps(content).encode())
    return path


def test_a_day_alone_is_told_which_folder_to_give(tmp_path: Path):
    day = write(tmp_path / "export" / "docks" / "2026-01-05.json", [MESSAGE])
    assert str(tmp_path / "export") in explain(day)
    assert "one day" in explain(write(tmp_path / "renamed" / "monday" / "day.json", [MESSAGE]))


def test_a_channels_folder_alone_is_told_which_folder_to_give(tmp_path: Path):
    write(tmp_path / "export" / "docks" / "2026-01-05.json", [MESSAGE])
    assert explain(tmp_path / "export" / "docks").endswith(f"channels.json: {tmp_path / 'export'}")


def test_a_table_alone_is_told_which_folder_to_give(tmp_path: Path):
    assert str(tmp_path) in explain(write(tmp_path / "users.json", [{"id": "U1"}]))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("C0DOCKS.json", {"channel_id": "C0DOCKS", "name": "docks", "messages": [MESSAGE]}, "slackdump's dump"),
        ("docks.html", "<!DOCTYPE html><div class=chatlog>", "DiscordChatExporter's HTML"),
        ("docks.csv", "AuthorID,Author,Date,Content,Attachments,Reactions\n", "DiscordChatExporter's CSV"),
        ("docks.txt", "=====\nGuild: Port\nChannel: docks\n=====\n", "DiscordChatExporter's text (TXT)"),
        ("other.csv", "day,boat\n1,Aurora\n", "looks like CSV"),
        ("notes.txt", "hello", "looks like text (TXT)"),
        ("export.tar.gz", "x", "Archives other than zip"),
        ("export.7z", "x", "Archives other than zip"),
        ("slackdump.sqlite", "SQLite format 3", "slackdump's archive"),
    ],
)
def test_other_formats_are_named_alone_in_a_folder_and_in_a_zip(tmp_path: Path, name: str, content: Any, said: str):
    file = write(tmp_path / "given" / name, content)
    with zipfile.ZipFile(tmp_path / "given.zip", "w") as packed:
        packed.write(file, f"docks/{name}")
    given = (file, file.parent, tmp_path / "given.zip")
    assert all(said in explain(path) for path in given)


def test_a_pipe_is_refused_at_once(tmp_path: Path):
    os.mkfifo(tmp_path / "export.zip")
    with pytest.raises(UsageError, match="neither a plain file nor a folder"):
        bring_in(tmp_path / "export.zip", tmp_path / "h.db", lambda _: None)


def test_what_is_like_nothing_known_is_told_what_is_read(tmp_path: Path):
    with pytest.raises(UsageError) as refused:
        bring_in(write(tmp_path / "a.bin", "\0\0"), tmp_path / "h.db", lambda _: None)
    assert "Slack exports" in refused.value.remedy


def test_of_many_refusals_the_first_hundred_are_named_and_all_are_counted(tmp_path: Path):
    export = tmp_path / "export"
    write(export / "channels.json", [{"id": "C1", "name": "docks"}])
    for day in range(1, 6):
        write(export / "docks" / f"2026-01-0{day}.json", [MESSAGE | {"ts": f"{day}.1"}, *[{"text": "no author"}] * 900])
    report = bring_in(export, tmp_path / "h.db", lambda _: None)
    assert (report.messages, report.refused, len(report.refusals)) == (5, 4500, MOST_NAMED)
    assert list(report.complaints())[-1] == "left out 4,400 more"
    assert report.document()["left_out"] == 4500


def test_several_files_of_one_channel_are_one_channel(tmp_path: Path):
    channel = {"id": "2", "type": "GuildTextChat", "category": "Talk", "name": "quay"}
    author = {"id": "5", "name": "ana"}
    for number in (1, 2):
        said = {"id": str(number), "timestamp": "2026-01-05T09:00:00+00:00", "content": "hi", "author": author}
        write(tmp_path / "given" / f"{number}.json", {"guild": {"id": "1"}, "channel": channel, "messages": [said]})
    report = bring_in(tmp_path / "given", tmp_path / "h.db", lambda _: None)
    assert report.sentence().startswith("1 channel, 2 messages")
