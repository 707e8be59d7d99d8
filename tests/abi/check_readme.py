#!/usr/bin/env python3
"""README.md and docs/ say what is so: the tables in the README are made from the library and the
command, its C program is bindings/c/examples/first_lock.c, docs/guarantees.md has a row for each
status, and every file that is named exists.

usage: check_readme.py SOURCE_DIR LIBREPOLOCK_SO REPOLOCK_COMMAND [--write]

--write puts into README.md what differs there.
"""
import ctypes
import difflib
import itertools
import pathlib
import re
import subprocess
import sys

BLOCK = re.compile(r"(<!-- (\w+): made by [^\n]* -->\n)(.*?)(<!-- end -->)", re.S)
STATUS = re.compile(r"^  REPOLOCK_(OK|E_\w+) = (-?\d+)", re.M)
STATUS_ROW = re.compile(r"^\| `(OK|E_\w+)` \|.*\| (yes|no)\b[^|]*\|$", re.M)
EXIT_CODE = re.compile(r"^  (\d+)\s+(.*(?:\n {10,}.*)*)", re.M)
PATH = re.compile(r"(?<![\w/.$-])(?:\.ci|bindings|docs|include|lib|pkgconfig|tests)/[\w./-]*\w")


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def options(library, _command, _source):
    rows = []
    texts = [ctypes.c_char_p() for _ in range(4)]
    for index in itertools.count():
        if library.repolock_config_describe(ctypes.c_size_t(index), *map(ctypes.byref, texts)) != 0:
            break
        key, kind, default, doc = (text.value.decode().replace("|", "\\|") for text in texts)
        rows.append([f"`{key}`", kind, f"`{default}`" if default else "", doc])
    return table(["Key", "Type", "Default", "Meaning"], rows)


def exit_codes(_library, command, _source):
    text = subprocess.run([command, "help", "exit-codes"], check=True, capture_output=True,
                          text=True).stdout
    return table(["Code", "Meaning"], [[code, " ".join(meaning.split())]
                                       for code, meaning in EXIT_CODE.findall(text)])


def first_lock(_library, _command, source):
    return f"```c\n{(source / 'bindings/c/examples/first_lock.c').read_text()}```\n"


MAKERS = {make.__name__: make for make in (options, exit_codes, first_lock)}


def remade(readme, *made_from):
    return BLOCK.sub(lambda block: block[1] + MAKERS[block[2]](*made_from) + block[4], readme)


def faults_of_statuses(text, header, library):
    """Each status once, and "yes" where a call may be repeated."""
    told = STATUS_ROW.findall(text)
    so = [(name, "yes" if library.repolock_status_is_retryable(int(number)) else "no")
          for name, number in STATUS.findall(header)]
    return [f"docs/guarantees.md: the table of statuses lacks or has wrongly: {name}, retry: {word}"
            for name, word in sorted(set(so) ^ set(told))]


def main(source, library, command, *flags):
    source, library = pathlib.Path(source), ctypes.CDLL(library)
    readme = source / "README.md"
    before = readme.read_text()
    after = remade(before, library, command, source)
    if "--write" in flags:
        readme.write_text(after)
        before = after

    faults = [f"README.md: no block '{name}'"
              for name in MAKERS.keys() - {block[1] for block in BLOCK.findall(before)}]
    faults += difflib.unified_diff(before.splitlines(), after.splitlines(), "README.md",
                                   "check_readme.py --write", lineterm="")
    faults += faults_of_statuses((source / "docs/guarantees.md").read_text(),
                                 (source / "include/repolock/repolock.h").read_text(), library)
    texts = [readme, source / "CHANGELOG.md", *sorted(source.glob("docs/*.md"))]
    faults += [f"{text.name}: there is no {path}" for text in texts
               for path in PATH.findall(text.read_text()) if not (source / path).exists()]
    print("\n".join(faults) or f"README.md and {len(texts) - 1} more say what is so")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
