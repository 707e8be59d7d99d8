#!/bin/sh
# Every public header, alone and included twice, in each language version that callers may use.
set -eu
cd "${REPOLOCK_SOURCE_DIR:-$(dirname "$0")/../..}"

c_versions='c99 c11 c17 gnu17'
cxx_versions='c++11 c++14 c++17 c++20'
strict='-pedantic -Wall -Wextra -Werror -fsyntax-only -Iinclude'
compiled=0

# compiles COMPILER LANGUAGE VERSION: each header on its own, the second inclusion right behind it.
compiles() {
  for header in include/repolock/*.h; do
    name=repolock/${header##*/}
    # shellcheck disable=SC2086 # $strict is a list
    printf '#include <%s>\n#include <%s>\nint unused;\n' "$name" "$name" |
      "$1" -x "$2" -std="$3" $strict - || {
      echo "FAIL $name as $3 with $1"
      exit 1
    }
    compiled=$((compiled + 1))
  done
}

# found COMPILER...: the first that is there.
found() {
  for compiler; do
    command -v "$compiler" && return
  done
}

for family in gcc 'clang clang-14'; do
  # shellcheck disable=SC2086 # a list of names
  compiler=$(found $family) || {
    echo "SKIP ${family%% *}: not installed"
    continue
  }
  for version in $c_versions; do compiles "$compiler" c "$version"; done
  for version in $cxx_versions; do compiles "$compiler" c++ "$version"; done
done

echo "$compiled compilations"
[ "$compiled" -gt 0 ]
