"""Writes the C source of the extension module: every function of repolock.h, by cffi in API mode.

usage: native.py repolock.h _native.c
"""

import re
import sys
from pathlib import Path

import cffi


def declarations(header: str) -> str:
    """What cffi reads: the header without its preprocessor, and the number of its version."""
    text = re.sub(r'#ifdef __cplusplus\n(extern "C" \{|\})\n#endif', "", header)
    text = re.sub(r"^#.*$", "", text, flags=re.MULTILINE).replace("REPOLOCK_API ", "")
    return text + "\n#define REPOLOCK_VERSION_NUMBER ...\n"


def main() -> None:
    """Nothing of it runs in a program that uses the package."""
    header, source = sys.argv[1:]
    builder = cffi.FFI()
    builder.cdef(declarations(Path(header).read_text(encoding="utf-8")))
    builder.set_source("repolock._native", "#include <repolock/repolock.h>")
    builder.emit_c_code(source)


main()
