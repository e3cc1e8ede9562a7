#!/usr/bin/env bash
# SQLite keeps a text with a NUL character whole, but length(), substr() and LIKE end at it, while instr() and replace() do not.
#
# Versions: apsw 3.54.1.0 (SQLite 3.54.1), CPython 3.11, Linux x86-64.
# A guess from memory: a text is stored with its length, so either all functions see all of it, or the text is cut when it is
# stored. Neither holds: the value comes back whole, and the functions disagree about it. `substr(x, 1, 100)` of a message
# gives what stands before the NUL, and `x LIKE '%h'` is false of a text that ends in h. length() of the same bytes as a BLOB
# is right. Who limits or searches messages in SQL must cast, or take NUL out before.
#
# Output seen:
#   stored and read back whole: True
#   length 2, of the blob 9
#   substr(x, 1, 100) 'ab', substr(x, 4) ''
#   instr(x, 'e') 6, replace(x, 'e', 'E') 'ab\x00cdEfgh'
#   x LIKE '%h' 0, x LIKE 'ab' 1, x = 'ab' 0
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet apsw==3.54.1.0
"$folder/venv/bin/python" - <<'PY'
import sys

import apsw

TEXT = "ab\0cdefgh"
book = apsw.Connection(":memory:")
book.execute("CREATE TABLE t (x TEXT)")
book.execute("INSERT INTO t VALUES (?)", (TEXT,))


def ask(what):
    return book.execute(f"SELECT {what} FROM t").get


whole, length, blob = ask("x") == TEXT, ask("length(x)"), ask("length(CAST(x AS BLOB))")
start, rest = ask("substr(x, 1, 100)"), ask("substr(x, 4)")
place, replaced = ask("instr(x, 'e')"), ask("replace(x, 'e', 'E')")
ends, like, same = ask("x LIKE '%h'"), ask("x LIKE 'ab'"), ask("x = 'ab'")
print(f"stored and read back whole: {whole}")
print(f"length {length}, of the blob {blob}")
print(f"substr(x, 1, 100) {start!r}, substr(x, 4) {rest!r}")
print(f"instr(x, 'e') {place}, replace(x, 'e', 'E') {replaced!r}")
print(f"x LIKE '%h' {ends}, x LIKE 'ab' {like}, x = 'ab' {same}")
seen = (whole, length, blob, start, rest, place, replaced, ends, like, same)
sys.exit(0 if seen == (True, 2, 9, "ab", "", 6, "ab\0cdEfgh", 0, 1, 0) else "changed: the functions see the text otherwise")
PY
