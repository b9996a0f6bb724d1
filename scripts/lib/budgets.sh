#!/usr/bin/env bash
# budgets.sh TABLE SECONDS LOG...: what ctest's logs say, all presets together: time by label against
# the budgets of the table in docs/testing.md, how many tests passed, failed, and were skipped and
# why. Fails when a label has no budget or is beyond it.
set -euo pipefail
table=$1 whole=$2
shift 2
awk -v whole="$whole" -v judge="${BROKER_BUDGETS:-yes}" '
  FILENAME == ARGV[1] {                       # | unit | what it is | 300 |
    if (split($0, cell, "|") == 5 && cell[4] + 0 > 0) {
      gsub(/ /, "", cell[2]); budget[cell[2]] = cell[4] + 0
    }
    next
  }
  / sec\*proc +\([0-9]+ tests?\)$/ { time[$1] += $3; next }
  /Test +#[0-9]+: .* Passed / { ++passed }
  /Test +#[0-9]+: .*(\*\*\*Failed|\*\*\*Exception|\*\*\*Timeout|\*\*\*Not Run|SEGFAULT|Subprocess )/ { ++failed }
  /Test +#[0-9]+: .*\*\*\*Skipped/ { ++skipped }
  # Printed by a test that skips itself; ctest may show it more than once.
  /^SKIPPED [^ ]+: / {
    name = $2
    sub(/:$/, "", name)
    sub(/^SKIPPED [^ ]+: /, "")
    why[$0] = why[$0] (index(why[$0], name) ? "" : " " name)
  }
  # GoogleTest says why on the line below.
  /^\[ RUN +\] / { running = $NF }
  /: Skipped$/ { getline; why[$0] = why[$0] (index(why[$0], running) ? "" : " " running) }
  END {
    for (label in time) {
      over = !(label in budget) || time[label] > budget[label]
      printf "%-14s %6d s of %s\n", label, time[label], (label in budget ? budget[label] " s" : "no budget: give it one in docs/testing.md")
      if (over && judge == "yes") bad = bad " " label
    }
    if ("all" in budget) {
      printf "%-14s %6d s of %d s\n", "all", whole, budget["all"]
      if (whole > budget["all"] && judge == "yes") bad = bad " all"
    }
    if (bad) print "over the budget:" bad " (docs/testing.md; BROKER_BUDGETS=no on a machine with other work)"
    if (passed + failed == 0) bad = bad " no test ran"
    printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
    for (reason in why) { all = all (all ? "; " : "") reason " (" substr(why[reason], 2) ")" }
    if (skipped) printf "%d skipped: %s\n", skipped, all
    exit bad ? 1 : 0
  }' "$table" "$@"
