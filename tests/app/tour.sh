#!/usr/bin/env bash
# Plays the tour of README.md line by line, as it is printed: tour.sh FOLDER-OF-compute-broker.
# Its fixed ports have to be free: `tour.sh --alone FOLDER` plays it in a network of its own, where the
# system allows that, and is skipped (77) where it does not.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ "$1" = --alone ]; then
  own=(unshare --net)
  [ "$(id -u)" = 0 ] || own=(unshare --user --map-root-user --net)
  "${own[@]}" ip link set lo up 2>/dev/null || {
    echo "SKIPPED app.tour: this system lets nobody make a network namespace"; exit 77; }
  exec "${own[@]}" bash -c 'ip link set lo up && exec "$@"' bash "$0" "$2"
fi
binary=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The reader stands at the top of the tree; the program is where the quickstart would have put it.
mkdir -p "$work/build"
ln -s "$binary" "$work/build/release"
ln -s "$PWD/packaging" "$work/packaging"
sed -n '/^## A tour/,/^## Further/s/^\$ //p' README.md >"$work/lines"
{ cat "$work/lines"; echo 'echo "left running: [$(jobs -r)] [$(ls -d "$tour" 2>/dev/null)]"'; } >"$work/tour.sh"
[ "$(wc -l <"$work/lines")" -ge 12 ] || { echo "the tour is not to be found in README.md"; exit 1; }

cd "$work"
status=0
TMPDIR=$work timeout 120 env -u AWS_PROFILE -u COMPUTE_BROKER -u COMPUTE_BROKER_CONFIG \
  bash -e -o pipefail "$work/tour.sh" >"$work/out" 2>&1 || status=$?
cat "$work/out"
fail() { echo "the tour of README.md: $1"; exit 1; }
[ "$status" = 0 ] || fail "a line failed ($status)"
mapfile -t addresses < <(grep -E '^127\.[0-9.]+$' "$work/out")
[ "${#addresses[@]}" = 2 ] || fail "get and Tcl should print an address each"
[ "${addresses[0]}" = "${addresses[1]}" ] || fail "two callers got two workers"
for line in "ADDRESS .*INSTANCE" "computing on ${addresses[0]}:2560" "${addresses[0]} is ending" \
    "launch.begin: launching" "left running: \[\] \[\]"; do
  grep -q "$line" "$work/out" || fail "'$line' was not printed"
done
