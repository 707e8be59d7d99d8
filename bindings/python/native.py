"""Writes the C source of the extension module: every function of repolock.h, by cffi in API mode.

usage: native.py repolock.h _native.c
"""

import re
import sys
from pathlib import Path

import cffi

# Handles are freed by C alone: in Python a signal handler could raise before it is done, unheard.
HANDLES = ("client", "op", "lease", "event", "snapshot")
FREE = """
static void repolock_{0}_free_at(repolock_{0}_t **place) {{
  repolock_{0}_free(*place);
  *place = NULL;
}}
"""


def declarations(header: str) -> str:
    """What cffi reads: the header without its preprocessor, and the number of its version."""
    text = re.sub(r'#ifdef __cplusplus\n(extern "C" \{|\})\n#endif', "", header)
    text = re.sub(r"^#.*$", "", text, flags=re.MULTILINE).replace("REPOLOCK_API ", "")
    frees = (f"void repolock_{handle}_free_at(repolock_{handle}_t **place);" for handle in HANDLES)
    return "\n".join([text, "#define REPOLOCK_VERSION_NUMBER ...", *frees])


def main() -> None:
    """Nothing of it runs in a program that uses the package."""
    header, source = sys.argv[1:]
    builder = cffi.FFI()
    builder.cdef(declarations(Path(header).read_text(encoding="utf-8")))
    frees = map(FREE.format, HANDLES)
    builder.set_source("repolock._native", "".join(["#include <repolock/repolock.h>\n", *frees]))
    builder.emit_c_code(source)


main()
