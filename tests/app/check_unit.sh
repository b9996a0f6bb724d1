#!/usr/bin/env bash
# The service unit is hardened: systemd's own judgement is at most 1.5 of 10, where lower is safer.
set -euo pipefail
unit=$(cd "$(dirname "$0")/../.." && pwd)/packaging/systemd/compute-broker.service
judge=(systemd-analyze security --offline=true --no-pager "$unit")
# It wants a directory in /run, which a machine without systemd has not and is not given.
if [ ! -d /run/systemd ]; then
  user=(--user --map-root-user)
  [ "$(id -u)" != 0 ] || user=()
  judge=(unshare ${user[@]+"${user[@]}"} --mount
    sh -c 'mount -t tmpfs tmpfs /run && exec "$@"' sh "${judge[@]}")
  "${judge[@]}" >/dev/null 2>&1 || {
    echo "SKIPPED app.unit_is_hardened: neither is systemd here, nor may a mount be made for it"
    exit 77
  }
fi
out=$("${judge[@]}")
exposure=$(sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p' <<<"$out")
echo "exposure ${exposure:?systemd-analyze did not say}"
awk -v exposure="$exposure" 'BEGIN { exit !(exposure <= 1.5) }'
