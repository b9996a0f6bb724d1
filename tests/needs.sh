#!/usr/bin/env bash
# needs.sh NAME NEED... -- COMMAND: runs COMMAND if this machine has what it needs; else says what is
# missing and ends with 77, which ctest counts as skipped and scripts/test repeats in its last line.
set -euo pipefail
name=$1
shift
skip() { echo "SKIPPED $name: $1"; exit 77; }
while [ "$1" != -- ]; do
  case $1 in
    moto)
      command -v moto_server >/dev/null && python3 -c 'import moto.server' 2>/dev/null ||
        skip "${BROKER_NO_MOTO:-moto is not installed}" ;;
    pip) python3 -m pip --version >/dev/null 2>&1 || skip "pip is not installed" ;;
    boto3) python3 -c 'import boto3, botocore' 2>/dev/null || skip "boto3 is not installed" ;;
    *) command -v "$1" >/dev/null || skip "$1 is not installed" ;;
  esac
  shift
done
shift
exec "$@"
