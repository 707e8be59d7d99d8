#!/bin/sh
# Every public header, alone and included twice, in each language version that callers may use.
set -eu
cd "${REPOLOCK_SOURCE_DIR:-$(dirname "$0")/../..}"

c_versions='c99 c11 c17 gnu17'
cxx_versions='c++11 c++14 c++17 c++20'
cxx_binding_versions='c++17 c++20' # of repolock.hpp, which is above the C headers
strict='-pedantic -Wall -Wextra -Werror -fsyntax-only -Iinclude -Ibindings/cpp'
compiled=0

# compiles COMPILER LANGUAGE VERSION ROOT HEADER...: each header on its own, the second inclusion right
# behind it.
compiles() {
  compiler=$1 language=$2 version=$3 root=$4
  shift 4
  for header; do
    name=${header#"$root"/}
    # shellcheck disable=SC2086 # $strict is a list
    printf '#include <%s>\n#include <%s>\nint unused;\n' "$name" "$name" |
      "$compiler" -x "$language" -std="$version" $strict - || {
      echo "FAIL $name as $version with $compiler"
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
  for version in $c_versions; do compiles "$compiler" c "$version" include include/repolock/*.h; done
  for version in $cxx_versions; do compiles "$compiler" c++ "$version" include include/repolock/*.h; done
  for version in $cxx_binding_versions; do
    compiles "$compiler" c++ "$version" bindings/cpp bindings/cpp/repolock.hpp
  done
done

echo "$compiled compilations"
[ "$compiled" -gt 0 ]
