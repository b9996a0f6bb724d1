#!/usr/bin/env bash
# What is installed is complete, and the unit starts the program that was installed with it.
# check_install.sh BUILD_DIRECTORY PREFIX
set -euo pipefail
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
DESTDIR=$root cmake --install "$1" >/dev/null
for file in bin/compute-broker lib/systemd/system/compute-broker.service \
    share/man/man1/compute-broker.1 share/bash-completion/completions/compute-broker \
    share/doc/compute-broker/configuration.md share/doc/compute-broker/examples/compute-broker.toml; do
  [ -e "$root$2/$file" ] || { echo "$2/$file is not installed" >&2; exit 1; }
done
grep -q "^ExecStart=$2/bin/compute-broker serve " "$root$2/lib/systemd/system/compute-broker.service"
"$root$2/bin/compute-broker" --version
