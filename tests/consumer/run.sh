#!/bin/sh
# C and C++ programs against the installed tree, by pkg-config and by find_package, with the
# shared and with the static library; each takes a real lock. The tree is installed with DESTDIR, so
# it stands elsewhere than it was told: what it says of itself must hold wherever it is.
set -eu
here=$REPOLOCK_SOURCE_DIR/tests/consumer
work=$(mktemp -d)
finish() {
  status=$?
  [ $status -eq 0 ] || cat "$work/log"
  rm -rf "$work"
  exit $status
}
trap finish EXIT
mkdir -m 700 "$work/locks"

DESTDIR=$work cmake --install "$REPOLOCK_BUILD_DIR" --prefix /opt/repolock >"$work/log"
tree=$work/opt/repolock
libdir=$(dirname "$(find "$tree" -name librepolock.a)")
export PKG_CONFIG_PATH="$libdir/pkgconfig" LD_LIBRARY_PATH="$libdir"

# The flags are lists of words.
# shellcheck disable=SC2046,SC2086
by_pkg_config() {
  pkg-config --validate repolock
  mkdir "$1"
  for way in shared static; do
    cflags="-Wall -Werror $(pkg-config --cflags repolock)"
    libs=$(pkg-config $([ $way = shared ] || echo --static) --libs repolock)
    [ $way = shared ] || libs=$(echo "$libs" | sed "s|-lrepolock|-l:librepolock.a|")
    cc -std=c99 $cflags "$here/lock.c" -o "$1/${way}_c" $libs
    c++ -std=c++11 $cflags "$here/lock.cc" -o "$1/${way}_cc" $libs
  done
  c++ -std=c++17 $cflags "$here/lock_hpp.cc" -o "$1/shared_hpp" $(pkg-config --libs repolock)
}

by_find_package() {
  cmake -S "$here/project" -B "$1" -DCMAKE_PREFIX_PATH="$tree"
  cmake --build "$1"
}

for build in by_pkg_config by_find_package; do
  $build "$work/$build" >"$work/log" 2>&1
  for program in shared_c shared_cc static_c static_cc shared_hpp; do
    for url in memory: "file://$work/locks"; do
      "$work/$build/$program" "$url"
    done
    echo "ok $build $program"
  done
done

# The installed command finds its library beside itself.
unset LD_LIBRARY_PATH
"$tree/bin/repolock" --version
