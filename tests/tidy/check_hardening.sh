#!/usr/bin/env bash
# A release build is hardened: check_hardening.sh BUILD_DIRECTORY | PROGRAM
# Given a directory, it builds a small program there with the flags of the release build.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=$1
if [ ! -f "$1" ]; then
  cmake -G Ninja -S "$here/hardening" -B "$1" -DCMAKE_CXX_COMPILER=g++ >/dev/null
  cmake --build "$1" >/dev/null
  program=$1/sample
  # Asked for an element that is not there, it must stop and not read on.
  if [ "$("$program" x 2>/dev/null)" ]; then echo "_GLIBCXX_ASSERTIONS is off"; exit 1; fi
fi
missing=
has() { grep -q "$2" <<<"$3" || missing+=$'\n'"  $1"; }
has "position independent (-fPIE -pie)" 'Type: *DYN' "$(readelf -hW "$program")"
has "read-only relocations (-z relro)" GNU_RELRO "$(readelf -lW "$program")"
has "bound at start (-z now)" 'BIND_NOW\|Flags:.*NOW' "$(readelf -dW "$program")"
symbols=$(readelf --dyn-syms -W "$program")
has "stack protector (-fstack-protector-strong)" __stack_chk_fail "$symbols"
has "checked copies (-D_FORTIFY_SOURCE=2)" '_chk@' "$(grep -v __stack_chk <<<"$symbols")"
has "checks of the standard library (-D_GLIBCXX_ASSERTIONS)" __glibcxx_assert_fail "$symbols"
if [ -n "$missing" ]; then
  echo "$program is not hardened; it lacks:$missing"
  exit 1
fi
echo "$program is hardened"
