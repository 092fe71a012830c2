"""What people paste from machines is told from what they say, fenced or not."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from talk import request, said, serving

from bot.intents import summarize
from nlp.text.pastes import is_pasted, without_pastes

PASTES = {
    "application log": "2031-05-02 11:20:01 ERROR worker-3 connection to 10.1.2.3 refused\n"
    "2031-05-02 11:20:04 WARN worker-3 giving up",
    "ISO log": "2031-05-02T11:20:01.120Z info gateway started on port 8080",
    "log4j": "11:20:01.120 [main] DEBUG c.example.Ledger - opening the store",
    "bracketed log": "[2031-05-02 11:20:01,120] {taskinstance.py:88} INFO - Marking the task as failed",
    "level first": "[ERROR] Failed to execute goal on project ledger\n[INFO] BUILD FAILURE",
    "python logging": "ERROR:root:the disk is full",
    "syslog": "May  2 11:20:01 pier7 sshd[2291]: Failed password for root from 10.1.2.3 port 22",
    "kernel": "[ 1204.118231] usb 1-1: device descriptor read error",
    "web server": '10.1.2.3 - - [02/May/2031:11:20:01 +0000] "GET /tides HTTP/1.1" 500 312',
    "klog": "E0502 11:20:01.120338 1 reflector.go:138] failed to list pods",
    "logfmt": 'time=2031-05-02T11:20:01Z level=error msg="no such tide table" station=7',
    "JSON log": '{"level":"error","ts":1935660001,"msg":"no such tide table","station":7}',
    "python trace": "Traceback (most recent call last):\n"
    "  File \"/srv/tides.py\", line 12, in <module>\n    main()\nKeyError: 'station'",
    "java trace": 'Exception in thread "main" java.lang.IllegalStateException: no station\n'
    "\tat com.example.Tides.read(Tides.java:42)\n\tat com.example.Main.main(Main.java:7)\n"
    "Caused by: java.io.IOException: closed\n\t... 3 more",
    "node trace": "TypeError: Cannot read properties of undefined (reading 'tide')\n"
    "    at read (/srv/tides.js:12:9)\n    at async main (/srv/index.js:3:1)",
    "C# trace": "System.NullReferenceException: Object reference not set\n"
    "   at Tides.Reader.Read(String station) in C:\\src\\Reader.cs:line 42",
    "go trace": "panic: runtime error: index out of range [7]\n\ngoroutine 1 [running]:\nmain.read(...)\n"
    "\t/srv/tides.go:42 +0x1d",
    "rust trace": "thread 'main' panicked at src/main.rs:4:5:\nno station\nnote: run with `RUST_BACKTRACE=1`",
    "ruby trace": "tides.rb:12:in `read': undefined method `tide' for nil (NoMethodError)\n"
    "\tfrom tides.rb:20:in `<main>'",
    "gdb": "#0  0x00007f3a in read_tide () from /lib/libtide.so\n#1  0x00005541 in main () at tide.c:12",
    "compiler": "src/tide.c:42:7: error: expected ';' before '}' token\n   42 |   int x = 3\n      |       ^",
    "shell": "ana@pier7:~/tides$ ls -l\ntotal 8\n-rw-r--r-- 1 ana ana 312 May  2 11:20 table.csv",
    "dollar shell": "$ kubectl get pods\nNAME      READY   STATUS\ntides-7   0/1     CrashLoopBackOff",
    "python shell": ">>> tides.read(7)\n[1.2, 3.4]",
    "powershell": "PS C:\\Users\\ana> Get-Service tides\nStatus   Name\n------   ----\nStopped  tides",
    "type checker": "src/tide.ts(42,7): error TS2304: Cannot find name 'tide'.",
    "rust error": "error[E0382]: borrow of moved value: `tide`\n  --> src/main.rs:4:5",
    "failed test": "FAILED tests/test_tides.py::test_high - assert 3 == 7",
    "make": "make[1]: *** [tides.o] Error 1",
    "database": "ERROR 1045 (28000): Access denied for user 'tide'@'pier7'",
    "git": "fatal: not a git repository (or any of the parent directories)",
    "module": "Error: Cannot find module 'tide'",
    "npm": "npm ERR! code ELIFECYCLE\nnpm ERR! errno 1",
    "diff": "diff --git a/tides.py b/tides.py\nindex 83db48f..bf2a9c1 100644\n--- a/tides.py\n+++ b/tides.py\n"
    "@@ -1,2 +1,2 @@\n-old = read(3)\n+new = read(7)\n context line",
    "hunk": "@@ -10,3 +10,3 @@ def read():\n-    return 3\n+    return 7",
    "JSON": '{\n  "station": 7,\n  "tides": [\n    1.2,\n    3.4\n  ]\n}',
    "YAML": "import yaml\nstation: 7\ntides:\n  - high\n  - low",
    "python": "def read(station):\n    rows = load(station)\n    return rows[0]",
    "javascript": "const tide = require('tide')\nfunction read(station) {\n  return tide[station]\n}",
    "java": "public static void main(String[] args) {\n    Tides.read(7);\n}",
    "C": '#include <stdio.h>\nint main() {\n  printf("tide");\n  return 0;\n}',
    "SQL": "SELECT station, max(height)\nFROM tide\nWHERE day > 3\nGROUP BY station;",
    "HTML": '<div class="tide">\n  <b>high</b>\n</div>',
    "HTTP": "HTTP/1.1 502 Bad Gateway\nserver: nginx\ncontent-length: 0",
    "hexdump": "00000010: 7f45 4c46 0201 0100 0000 0000 0000 0000  .ELF",
    "fenced": "```\nthe tide is high and nobody told the harbour master\n```",
    "fenced and never closed": "```python\nprint('tide')",
}
SPOKEN = [
    "The error is back since this morning, the second worker refuses every connection.",
    "Error: I forgot to lock the boathouse.",
    "We meet at 11:20 at the pier, then we walk to the lighthouse.",
    "- the paint\n- two brushes\n- the ladder from the shed",
    "1. open the valve\n2. wait for the pressure\n3. close it again",
    "Agenda: tides, paint, summer party\nOwner: Ana\nTime: 30 minutes",
    "I ran make twice and docker once, nothing helped.",
    "Let's go with the red one; if it rains, we stay inside.",
    "From Monday on the ferry leaves at 10:15.",
    "class on Friday is cancelled, return your books (all of them) to Bo",
    "select whichever colour you like from the list",
    "Warning: the steps are wet!",
    "at the harbour (behind the mill) there is a second key",
    "<3 thanks everybody",
    "2031-05-02 is the day of the regatta",
    "At 11:45 the ferry leaves",
    "Final draft (third one) is on the table",
    "Private message (to Bo) is enough",
    "#2 choice (blue) won",
    "Caused by: too much rain",
    "UPDATE the tide table is on the wall",
    "$ 12 for both tickets",
    "let them know = less work",
    "For each boat in turn:",
]


@pytest.mark.parametrize("name", PASTES)
def test_a_paste_of_any_kind_is_set_aside_whole(name: str):
    assert is_pasted(PASTES[name]), without_pastes(PASTES[name])


@pytest.mark.parametrize("text", SPOKEN)
def test_what_people_say_or_list_stays(text: str):
    assert without_pastes(text) == text


@pytest.mark.parametrize("name", PASTES)
def test_what_is_said_above_and_below_a_paste_stays(name: str):
    left = without_pastes(
        f"This is what the harbour's machine says:\n\n{PASTES[name]}\n```\n\nCan you help me with it?"
    )
    kept = [line for line in left.splitlines() if line.strip()]
    assert kept[0] == "This is what the harbour's machine says:"
    if "never closed" not in name:
        assert len(kept) <= 2


@given(st.text(max_size=200))
def test_any_text_keeps_only_its_own_lines(text: str):
    assert all(line in text for line in without_pastes(text).splitlines())


async def test_a_pasted_log_is_no_point_of_a_summary_and_what_was_said_is():
    log = "\n".join(
        f"2031-05-02 08:{n:02}:00 ERROR worker-{n} connection to 10.0.0.{n} refused, retrying" for n in range(60)
    )
    messages = [
        said(1, "Ana", f"Here is the log of this morning:\n{log}"),
        said(2, "Bo", "The cause was the firewall rule that Cy removed on Sunday."),
        said(3, "Cy", "I have put the firewall rule back, the workers are connected again."),
    ]
    async with serving(messages) as services:
        summary = await summarize.run(request("summarize"), services)
    assert not any("worker-" in item.point.text for item in summary.items)
    assert "2" in {item.point.message.id for item in summary.items}


def test_of_real_chat_hardly_a_line_is_taken_for_a_paste():
    lines = [
        line.split(": ", 1)[-1]
        for name in ("dev", "general", "galley")
        for line in (Path("bot/sample") / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    ]
    assert sum(map(is_pasted, lines)) <= len(lines) // 200, json.dumps([line for line in lines if is_pasted(line)])
