#!/usr/bin/env python3
"""The doors between the rooms of the house: who may include what. What each room is for is told in
lib/README.md; who may open which door is told here, and nowhere else.

usage: check_doors.py SOURCE_DIR | --self-test
"""
import pathlib
import re
import sys

# Doors that need words: everything else is the beginning of an include's path.
SYSTEM = "the system's headers"
CALLERS = "repolock/repolock.h repolock/version.h repolock/export.h".split()

# Room: the doors it may open beside itself and the standard library.
ROOMS = {
    "include/repolock": ["repolock/"],
    "lib/api": ["repolock/", "core/", "loop/", "plugin/", "observe/", "port/"],
    "lib/core": [],
    "lib/loop": ["core/", "port/", "observe/", "uv.h"],
    "lib/plugin": ["repolock/plugin.h", "core/", "loop/", "port/", "observe/",
                   "backend/memory/memory.h", "backend/file/file.h", "backend/redis/redis.h"],
    "lib/observe": ["core/"],
    "lib/port": [SYSTEM],
    "lib/backend/memory": ["repolock/plugin.h", "port/", SYSTEM],
    "lib/backend/host": ["repolock/plugin.h"],
    "lib/backend/file": ["repolock/plugin.h", "backend/host/", "port/", SYSTEM],
    "lib/backend/redis": ["repolock/plugin.h", "backend/host/", "port/", "hiredis/", SYSTEM],
    "bindings/shell": [*CALLERS, SYSTEM],
    "bindings/c/backend": ["repolock/", SYSTEM],  # before the room that it is in
    "bindings/c": [*CALLERS, SYSTEM],
    "bindings/go": CALLERS,
    "bindings/cpp": [*CALLERS, "repolock/cpp/", SYSTEM],
    "bindings/node": [*CALLERS, SYSTEM],
    "bindings/python": CALLERS,
    "tests/api": [*CALLERS, SYSTEM, "cmocka.h"],
    "tests/consumer": [*CALLERS, "repolock.hpp", SYSTEM],
}
TOPS = ["include", "lib", "bindings", "tests/api", "tests/consumer"]
SUFFIXES = {".h", ".hpp", ".c", ".cc"}
MADE = {"node_modules", "build"}  # by tools, beside the sources

# Includes that begin so are a room of ours or a guest; any other one is the system's.
NAMED = ("repolock/", "api/", "core/", "loop/", "plugin/", "observe/", "port/", "backend/",
         "support/", "uv.h", "cmocka.h", "hiredis/", "openssl/")
STANDARD = set("""
algorithm any array atomic barrier bit bitset cassert cctype cerrno cfloat charconv chrono cinttypes
climits cmath compare concepts condition_variable coroutine cstdarg cstddef cstdint cstdio cstdlib
cstring ctime deque exception functional future initializer_list iomanip ios iosfwd istream iterator
latch limits list locale map memory memory_resource mutex new numbers numeric optional ostream queue
random ranges ratio semaphore set shared_mutex source_location span sstream stack stdexcept
stop_token string string_view system_error thread tuple type_traits typeindex typeinfo unordered_map
unordered_set utility valarray variant vector version
assert.h ctype.h errno.h inttypes.h limits.h math.h setjmp.h stdarg.h stdbool.h stddef.h stdint.h
stdio.h stdlib.h string.h time.h""".split())


def room_of(path):
    return next((room for room in ROOMS if path.startswith(room + "/")), None)


def has_door(room, name, quoted):
    own = re.sub("^(lib|include)/", "", room) + "/"
    if name in STANDARD or name.startswith(own):
        return True
    if name.startswith(NAMED):
        return any(name == door or door.endswith("/") and name.startswith(door)
                   for door in ROOMS[room])
    return quoted or SYSTEM in ROOMS[room]  # quoted: a neighbour in the same folder


def may_be_conditional(room, path, line, is_first):
    is_guard = is_first and path.endswith((".h", ".hpp")) and line.startswith("#ifndef")
    is_of_compiler = not room.startswith("lib/") and re.search("__cplusplus|__GNUC__", line)
    return is_guard or is_of_compiler or room == "lib/port" or room.startswith("tests/")


def faults_of(path, text):
    room = room_of(path)
    if room is None:
        yield f"{path}: is in no room of the table in check_doors.py"
        return
    is_first = True
    for number, line in enumerate(text.splitlines(), 1):
        include = re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line)
        if include and not has_door(room, include[2], include[1] == '"'):
            yield f"{path}:{number}: {room} has no door to {include[2]}"
        if re.match(r"\s*#\s*(if|ifdef|ifndef|elif)\b", line):
            if not may_be_conditional(room, path, line, is_first):
                yield f"{path}:{number}: what differs between systems belongs to lib/port"
            is_first = False


def check(source):
    paths = sorted(path for top in TOPS for path in pathlib.Path(source, top).rglob("*")
                   if path.suffix in SUFFIXES
                   and not MADE.intersection(path.relative_to(source).parts))
    faults = [fault for path in paths
              for fault in faults_of(path.relative_to(source).as_posix(), path.read_text())]
    print("\n".join(faults) or f"{len(paths)} files keep to their doors")
    return 1 if faults or not paths else 0


def self_test():
    """Each of these lines is refused where it stands, and passes in the other room."""
    cases = [
        ("lib/core/a.cc", '#include "port/clock.h"', "lib/loop/a.cc"),
        ("lib/core/a.cc", "#include <repolock/repolock.h>", "lib/api/a.cc"),
        ("lib/core/a.cc", "#include <unistd.h>", "lib/port/a.cc"),
        ("lib/observe/a.cc", '#include "loop/loop.h"', "lib/plugin/a.cc"),
        ("lib/plugin/a.cc", "#include <uv.h>", "lib/loop/a.cc"),
        ("lib/plugin/a.cc", '#include "backend/file/queue.h"', "lib/backend/file/a.cc"),
        ("lib/backend/file/a.cc", '#include "core/status.h"', "lib/core/a.cc"),
        ("lib/backend/file/a.cc", '#include "backend/memory/memory.h"', "lib/plugin/a.cc"),
        ("lib/loop/a.cc", '#include "api/handles.h"', "lib/api/a.cc"),
        ("bindings/shell/a.cc", "#include <repolock/plugin.h>", "lib/plugin/a.cc"),
        ("tests/api/test_a.cc", '#include "core/status.h"', "lib/api/a.cc"),
        ("lib/loop/a.cc", "#ifdef __linux__", "lib/port/a.cc"),
        ("lib/core/a.cc", "#ifndef LIB_CORE_A", "lib/core/a.h"),
        ("lib/attic/a.cc", "", "lib/core/a.cc"),
    ]
    wrong = [case for case in cases
             if not list(faults_of(case[0], case[1])) or list(faults_of(case[2], case[1]))]
    print("\n".join(map(str, wrong)) or f"{len(cases)} violations found")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(self_test() if sys.argv[1] == "--self-test" else check(sys.argv[1]))
