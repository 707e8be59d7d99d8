#!/usr/bin/env python3
"""Each function of repolock.h is named by some test in tests/api.

usage: check_coverage.py SOURCE_DIR
"""
import pathlib
import re
import sys

DECLARATION = re.compile(r"^REPOLOCK_API [^;]*?\b(\w+)\([^;]*;", re.M)


def main(source):
    header = pathlib.Path(source, "include/repolock/repolock.h").read_text()
    declared = DECLARATION.findall(header)
    tests = sorted(path for path in pathlib.Path(source, "tests/api").iterdir()
                   if path.suffix in (".c", ".cc", ".h"))
    called = set(re.findall(r"\b(repolock_\w+)\(", "\n".join(path.read_text() for path in tests)))
    missing = [name for name in declared if name not in called]
    for name in missing:
        print(f"{name}: no test in tests/api calls it")
    print(f"{len(declared) - len(missing)} of {len(declared)} functions in {len(tests)} files")
    return 1 if missing or not declared else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
