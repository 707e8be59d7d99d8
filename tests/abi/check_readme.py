#!/usr/bin/env python3
"""README.md, the man pages and docs/ say what is so: their tables are made from the library, its header
and the command, docs/guarantees.md has a row for each status, README.md and repolock(1) tell of each
subcommand, and every file that is named exists.

usage: check_readme.py SOURCE_DIR LIBREPOLOCK_SO REPOLOCK_COMMAND [--write]

--write puts into README.md and the man pages what differs there.
"""
import ctypes
import difflib
import pathlib
import re
import sys

from made_tables import FORMS, MAKERS, Facts

# "<!-- name: made by ... -->", in a man page "; name argument: made by ..."; what is made; the end.
BLOCK = re.compile(r"((?:<!--|;) (\w+)(?: (\w+))?: made by [^\n]*\n)(.*?)((?:<!--|;) end)", re.S)
PAGES = {
    "README.md": {"exit_codes", "settings", "first_lock"},
    "bindings/shell/man/repolock.1.scd": {"exit_codes", "settings", "options"},
    "bindings/shell/man/repolock-run.1.scd": {"exit_codes", "options"},
    "docs/librepolock.3.scd": {"functions", "statuses", "settings", "first_lock"},
}
STATUS_ROW = re.compile(r"^\| `(OK|E_\w+)` \|.*\| (yes|no)\b[^|]*\|$", re.M)
PATH = re.compile(r"(?<![\w/.$-])(?:\.ci|bindings|docs|include|lib|pkgconfig|tests)/[\w./-]*\w")


def faults_of_page(page, names, facts, write):
    """What is made, anew."""
    form = FORMS[page.suffix]
    before = page.read_text()
    after = BLOCK.sub(lambda block: block[1] + MAKERS[block[2]](facts, form, *filter(None, [block[3]]))
                      + block[5], before)
    if write:
        page.write_text(after)
        before = after
    for name in sorted(names - {block[1] for block in BLOCK.findall(before)}):
        yield f"{page.name}: no block '{name}'"
    yield from difflib.unified_diff(before.splitlines(), after.splitlines(), str(page),
                                    "check_readme.py --write", lineterm="")


def faults_of_statuses(text, facts, library):
    """Each status once, and "yes" where a call may be repeated."""
    told = STATUS_ROW.findall(text)
    so = [(name, "yes" if library.repolock_status_is_retryable(number) else "no")
          for name, number, _ in facts.statuses]
    for name, word in sorted(set(so) ^ set(told)):
        yield f"docs/guarantees.md: the table of statuses lacks or has wrongly: {name}, retry: {word}"


def faults_of_subcommands(page, facts):
    text = page.read_text()
    for name in facts.subcommands:
        if f"repolock {name}" not in text:
            yield f"{page.name}: no word about repolock {name}"


def faults_of_paths(page, source):
    for path in PATH.findall(page.read_text()):
        if not (source / path).exists():
            yield f"{page.name}: there is no {path}"


def main(source, library, command, *flags):
    source = pathlib.Path(source)
    facts = Facts(source, command)
    faults = []
    for name, blocks in PAGES.items():
        faults += faults_of_page(source / name, blocks, facts, "--write" in flags)
    faults += faults_of_statuses((source / "docs/guarantees.md").read_text(), facts,
                                 ctypes.CDLL(library))
    for name in ("README.md", "bindings/shell/man/repolock.1.scd"):
        faults += faults_of_subcommands(source / name, facts)
    texts = {*(source / name for name in PAGES), source / "CHANGELOG.md", *source.glob("docs/*.md")}
    for text in sorted(texts):
        faults += faults_of_paths(text, source)
    print("\n".join(faults) or f"README.md and {len(texts) - 1} more say what is so")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
