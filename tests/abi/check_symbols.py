#!/usr/bin/env python3
"""The names that librepolock.so shows are those of lib/repolock.map and of repolock.h, and each
declaration there is documented up to its [Blocks; Gives; Errors].

usage: check_symbols.py SOURCE_DIR LIBREPOLOCK_SO
"""
import pathlib
import re
import subprocess
import sys

DECLARATION = re.compile(r"^REPOLOCK_API [^;]*?\b(\w+)\([^;]*;", re.M)
CONTRACT = re.compile(r"\[[^][;]+;[^][;]+;[^][]+\]\s*\*/")


def exported(library):
    """Name -> version of everything defined in the dynamic symbol table."""
    lines = subprocess.run(["nm", "-D", "--defined-only", "--with-symbol-versions", library],
                           check=True, capture_output=True, text=True).stdout.splitlines()
    symbols = [line.split()[-1] for line in lines if " A " not in line]
    return dict(symbol.partition("@@")[::2] for symbol in symbols)


def mapped(text):
    """Name -> version node of everything that the map names."""
    nodes = re.findall(r"([\w.]+)\s*\{\s*global:(.*?)(?:local:.*?)?\}", text, re.S)
    return {name: node for node, names in nodes for name in re.findall(r"(\w+);", names)}


def undocumented(header):
    """The declarations whose paragraph holds no comment that ends in a contract."""
    return [name for paragraph in header.split("\n\n") if not CONTRACT.search(paragraph)
            for name in DECLARATION.findall(paragraph)]


def main(source, library):
    header = pathlib.Path(source, "include/repolock/repolock.h").read_text()
    declared = DECLARATION.findall(header)
    in_map = mapped(pathlib.Path(source, "lib/repolock.map").read_text())
    in_library = exported(library)

    faults = [f"{name}: declared twice" for name in {n for n in declared if declared.count(n) > 1}]
    faults += [f"{name}: its comment does not end in [Blocks; Gives; Errors]"
               for name in undocumented(header)]
    for name in sorted({*declared, *in_map, *in_library}):
        if name not in declared:
            faults.append(f"{name}: not declared with REPOLOCK_API in repolock.h")
        if name not in in_map:
            faults.append(f"{name}: not in lib/repolock.map")
        if name not in in_library:
            faults.append(f"{name}: not exported by {library}")
        elif in_library[name] != in_map.get(name):
            faults.append(f"{name}: exported as {in_library[name]}, mapped as {in_map.get(name)}")

    print("\n".join(faults) or f"{len(declared)} names: header = map = library")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
