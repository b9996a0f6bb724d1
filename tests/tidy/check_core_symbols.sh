#!/usr/bin/env bash
# The core has no clock, randomness, socket, thread or file of its own: its archive may not even
# refer to one.
set -euo pipefail
archive=$1
symbols=$(nm -u -C "$archive")
[ "$(wc -l <<<"$symbols")" -gt 50 ] || { echo "$archive refers to almost nothing: wrong file?"; exit 1; }
bad=$(grep -wE 'clock_gettime|gettimeofday|time|nanosleep|usleep|sleep|getrandom|rand|random|srand|std::random_device|socket|connect|accept|send|recv|poll|epoll_wait|select|pthread_create|std::thread|pthread_mutex_lock|open|openat|fopen|read|write|fork|execve|getenv|std::chrono::_V2::(system|steady)_clock::now' <<<"$symbols" || true)
if [ -n "$bad" ]; then
  printf 'the core refers to the outside:\n%s\n' "$bad"
  exit 1
fi
echo "$(wc -l <<<"$symbols") references, none to the outside"
