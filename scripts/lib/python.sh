# The python3 with which the tests run, and what they take from it: boto3 and the AWS CLI from the
# distribution unless they are there, moto (which Debian has not) by pip into build/python. Sourced
# by scripts/test after common.sh; changes PATH. What is missing afterwards is skipped by the tests
# that need it (tests/needs.sh), with BROKER_NO_MOTO as the reason.

has_boto() { "$1" -c 'import boto3, botocore' 2>/dev/null; }
if ! command -v aws >/dev/null || { ! has_boto python3 && ! has_boto /usr/bin/python3; }; then
  scripts/install-packages python
fi
# Debian's packages are those of Debian's python3, which may not be the first one on PATH.
has_boto python3 || ! has_boto /usr/bin/python3 || {
  mkdir -p build/system-python
  ln -sf /usr/bin/python3 build/system-python/python3
  PATH=$PWD/build/system-python:$PATH
}

has_moto() { command -v moto_server >/dev/null && python3 -c 'import moto.server' 2>/dev/null; }
fetch_moto() {
  [ -z "${BROKER_NO_INSTALL:-}" ] || { echo "nothing was to be installed"; return 1; }
  rm -rf build/python
  if ! python3 -m venv --system-site-packages build/python >build/moto.log 2>&1; then
    echo "python3 -m venv failed: $(tail -1 build/moto.log)"
    return 1
  fi
  if ! timeout 300 build/python/bin/pip install --quiet --disable-pip-version-check --retries 1 \
      --timeout 15 'moto[server]' >build/moto.log 2>&1; then
    rm -rf build/python
    if grep -q 'No matching distribution\|Could not find a version' build/moto.log; then
      echo "pip reaches no index that has it"
    else
      echo "pip could not fetch it ($(grep -m1 ERROR build/moto.log | cut -c1-80))"
    fi
    return 1
  fi
}
if ! has_moto && [ ! -x build/python/bin/moto_server ]; then
  echo "moto is not here; asking pip for it"
  if why=$(fetch_moto); then echo "moto is in build/python"; else
    export BROKER_NO_MOTO="moto is not in Debian, and $why"
    echo "$BROKER_NO_MOTO: what needs it will be skipped"
  fi
fi
[ ! -x build/python/bin/moto_server ] || PATH=$PWD/build/python/bin:$PATH
export PATH
