#!/usr/bin/env bash
# The service unit is hardened: systemd's own judgement is at most 1.5 of 10, where lower is safer.
set -euo pipefail
unit=$(cd "$(dirname "$0")/../.." && pwd)/packaging/systemd/compute-broker.service
out=$(systemd-analyze security --offline=true --no-pager "$unit")
exposure=$(sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p' <<<"$out")
echo "exposure ${exposure:?systemd-analyze did not say}"
awk -v exposure="$exposure" 'BEGIN { exit !(exposure <= 1.5) }'
