#!/usr/bin/env python3
"""A Doxygen filter: prints a public header with its comments as Doxygen wants them.

  - the first comment of a file is its page; of repolock.h it is the main page;
  - a comment before declarations is that of each of them, up to the next blank line;
  - a comment behind a declaration is that one's.

usage: headers.py HEADER
"""
import pathlib
import re
import sys


def marked(comment: list[str], sign: str) -> list[str]:
    """The comment with Doxygen's sign; nothing in it is a tag."""
    text = "\n".join(comment).replace("<", "&lt;")
    return text.replace("/*", f"/**{sign}", 1).split("\n")


def page_of(comment: list[str], name: str) -> list[str]:
    """The manual of a file keeps its shape."""
    words = [re.sub(r"^(/\*| \*/?) ?| ?\*/$", "", line) for line in comment]
    kind = "@mainpage librepolock" if name == "repolock.h" else f"@file {name}"
    begin = ["/** @file repolock.h The callers' API. */"] if name == "repolock.h" else []
    return [*begin, f"/** {kind}", "@verbatim", *words, "@endverbatim", "*/"]


def converted(lines: list[str], name: str) -> list[str]:
    out: list[str] = []
    shared: list[str] = []  # the comment of the declarations that follow
    first_comment = True
    at = 0
    while at < len(lines):
        line = lines[at]
        begin = line.find("/*")
        if begin < 0:
            if not line.strip() or line == "};":
                shared = []
            elif shared and out and out[-1].rstrip().endswith(";") and line[0] not in " }":
                out += shared
            out.append(line)
            at += 1
            continue
        comment = [line[begin:]]
        while "*/" not in comment[-1]:
            at += 1
            comment.append(lines[at])
        at += 1
        code = line[:begin]
        if re.match(r"/\* ----", comment[0]):
            shared = []
        elif first_comment:
            out += page_of(comment, name)
        elif code.strip():
            out += [code + marked(comment, "<")[0], *marked(comment, "<")[1:]]
        else:
            shared = marked([code + comment[0], *comment[1:]], "")
            out += shared
        first_comment = False
    return out


path = pathlib.Path(sys.argv[1])
print("\n".join(converted(path.read_text(encoding="utf-8").splitlines(), path.name)))
