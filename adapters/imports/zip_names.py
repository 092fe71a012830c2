"""Reads what the entries of a zip are called, in whatever code page a program wrote it."""

import re
import struct
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import suppress

from adapters.imports.entry import plain_name

UTF8_NAMES = 0x800
FIELD, UNICODE_PATH, PATH_STARTS = struct.Struct("<HH"), 0x7075, 5  # after the field's version and checksum
# Zips that don't say UTF-8 name their entries in the code page of the machine they were made on.
CODE_PAGES = (
    "utf-8", "cp437", "cp850", "cp852", "cp866", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp932", "euc-jp",
    "cp936", "gb18030", "cp950", "cp949", "koi8-r", "iso8859-15",
)  # fmt: skip
LEAD_AND_BACKSLASH = re.compile(rb"(?<=[\x81-\xfe])\\")  # one character of two bytes, in the code pages of East Asia


def spellings(name: str) -> Iterator[str]:
    """Yield how an entry of this name may be called in a zip: as it is, or in any code page read as the format's own.

    A zip doesn't say which code page it was; a name that stands elsewhere in the export does.
    """
    for text in dict.fromkeys((name, unicodedata.normalize("NFD", name))):
        yield text
        for page in CODE_PAGES:
            try:
                packed = text.encode(page)
            except UnicodeEncodeError:
                continue
            yield _name_of(packed)


def _name_of(packed: bytes) -> str:
    r"""Return a name's bytes in the format's own code page; a `\` that is half a character isn't a separator."""
    return LEAD_AND_BACKSLASH.sub(b"\xff", packed).decode("cp437")


def name_of_entry(info: zipfile.ZipInfo) -> str:
    """Return what an entry is called here: by Info-ZIP's field for it where there is one, else as its header says."""
    if extra_name := _said_in_extra(info.extra):
        return plain_name(extra_name)
    name = info.orig_filename
    if "\\" in name and not name.isascii() and not info.flag_bits & UTF8_NAMES:
        with suppress(UnicodeEncodeError):  # it was read as UTF-8, where a backslash is one
            name = _name_of(name.encode("cp437"))
    return plain_name(name)


def _said_in_extra(extra: bytes) -> str:
    """Return the name in a "Unicode path" field, which is there for names that the header's code page can't write."""
    while len(extra) >= FIELD.size:
        kind, length = FIELD.unpack_from(extra)
        if kind == UNICODE_PATH and length > PATH_STARTS:
            return extra[FIELD.size + PATH_STARTS : FIELD.size + length].decode("utf-8", "replace")
        extra = extra[FIELD.size + length :]
    return ""
