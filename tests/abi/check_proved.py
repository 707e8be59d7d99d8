#!/usr/bin/env python3
"""Every function of the public header is documented, and proved by a test that calls it by name.

Lists the functions without. A test is a source test_* of the rooms that see the public header alone.

usage: check_proved.py SOURCE_DIR
"""
import pathlib
import re
import sys

ROOMS = ("api", "fault", "guest")


def functions(header: str) -> dict[str, bool]:
    """Each function's name, and whether a comment stands before its block of declarations."""
    found = {}
    for block in re.split(r"\n\s*\n", header):
        names = re.findall(r"REPOLOCK_API[^;(]*?\b(repolock_\w+)\(", block)
        before = block.split("REPOLOCK_API")[0]
        found.update((name, "*/" in before or "/*" in block.split(";", 1)[-1]) for name in names)
    return found


def main() -> int:
    source = pathlib.Path(sys.argv[1])
    known = functions((source / "include/repolock/repolock.h").read_text(encoding="utf-8"))
    called: set[str] = set()
    for room in ROOMS:
        for test in (source / "tests" / room).glob("test_*.c*"):
            called.update(re.findall(r"\b(repolock_\w+)\(", test.read_text(encoding="utf-8")))
    unproved = [name for name in known if name not in called]
    silent = [name for name, documented in known.items() if not documented]
    for name in unproved:
        print(f"{name}: no test calls it")
    for name in silent:
        print(f"{name}: no comment says what it does")
    print(f"{len(known)} functions, {len(unproved)} without a test, {len(silent)} without a comment")
    return 1 if unproved or silent or not known else 0


sys.exit(main())
