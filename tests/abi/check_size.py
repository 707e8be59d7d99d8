#!/usr/bin/env python3
"""No source file has more than 600 lines: the day a file has two subjects, it is split.

usage: check_size.py SOURCE_DIR
"""
import pathlib
import statistics
import sys

MOST = 600
TOPS = ["include", "lib", "bindings", "tests", ".ci"]
SUFFIXES = {".h", ".hpp", ".c", ".cc", ".py", ".sh", ".cts", ".mts", ".mjs", ".cjs"}
MADE = {"node_modules", "build", "dist"}  # by tools, beside the sources


def main(source):
    lengths = {path: len(path.read_text().splitlines()) for top in TOPS
               for path in pathlib.Path(source, top).rglob("*") if path.suffix in SUFFIXES
               and not MADE.intersection(path.relative_to(source).parts)}
    for path in (path for path, length in lengths.items() if length > MOST):
        print(f"{path}: {lengths[path]} lines; split it by subject, {MOST} is the limit")
    largest = max(lengths, key=lengths.get)
    print(f"{len(lengths)} files, median {statistics.median(lengths.values()):.0f} lines, "
          f"largest {largest.relative_to(source)} with {lengths[largest]}")
    return 1 if lengths[largest] > MOST else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
