# What the scripts share; sourced by them, from the top of the tree.
#
# --no-install is understood by all of them: nothing is installed, what is there is used.

# Takes --no-install out of "$@": afterwards the others are in ${arguments[@]}.
take_common_options() {
  arguments=()
  local argument
  for argument in "$@"; do
    case $argument in
      --no-install) export BROKER_NO_INSTALL=1 ;;
      *) arguments+=("$argument") ;;
    esac
  done
}

step() { printf '\n== %s\n' "$*"; }

# 75 -> "1 min 15 s"
as_time() {
  if [ "$1" -lt 60 ]; then echo "$1 s"; else echo "$(($1 / 60)) min $(($1 % 60)) s"; fi
}

# On a terminal one line, overwritten in place; elsewhere a line each tenth of the way.
# progress_show DONE TOTAL SINCE WHAT ; progress_end
progress_tenth=
progress_show() {
  local percent=$(($1 * 100 / ($2 > 0 ? $2 : 1))) elapsed=$((SECONDS - $3)) left= line width
  [ "$percent" -lt 5 ] || [ "$elapsed" -lt 3 ] || [ "$percent" -ge 100 ] ||
    left=", about $(as_time $((elapsed * (100 - percent) / percent))) left"
  line=$(printf '%3d %% after %s%s: %s' "$percent" "$(as_time "$elapsed")" "$left" "$4")
  if [ -t 1 ]; then
    { width=$(stty size <&3 2>/dev/null | cut -d' ' -f2); } 3>&1
    [ "${width:-0}" -gt 20 ] || width=80
    printf '\r\033[K%s' "${line:0:width-1}"
  elif [ "$((percent / 10))" != "$progress_tenth" ]; then
    progress_tenth=$((percent / 10))
    printf '%s\n' "$line"
  fi
}
progress_end() {
  progress_tenth=
  [ ! -t 1 ] || printf '\r\033[K'
}

# Configures and builds: build_preset PRESET [-D...] [--target TARGET...]. Says how far it is; what
# the compiler says is shown when something fails, and is in build/PRESET.log.
build_preset() {
  local preset=$1 log=build/$1.log since=$SECONDS definitions=() line done all what
  shift
  while [[ ${1:-} == -D* ]]; do definitions+=("$1"); shift; done
  mkdir -p build
  cmake --preset "$preset" ${definitions[@]+"${definitions[@]}"} >"$log" 2>&1 ||
    { cat "$log"; return 1; }
  local status=0
  NINJA_STATUS='[%f/%t] ' cmake --build --preset "$preset" -j "$(nproc)" "$@" 2>&1 |
    while IFS= read -r line; do
      printf '%s\n' "$line" >>"$log"
      if [[ $line =~ ^\[([0-9]+)/([0-9]+)\]\ (.*)$ ]]; then
        done=${BASH_REMATCH[1]} all=${BASH_REMATCH[2]} what=${BASH_REMATCH[3]}
        # An object is told by its target: "Building CXX object src/CMakeFiles/core.dir/..."
        if [[ $what =~ ([A-Za-z0-9_-]+)\.dir/ ]]; then what="compiling ${BASH_REMATCH[1]}"; fi
        progress_show "$done" "$all" "$since" "${what##*/}"
      fi
    done || status=$?
  progress_end
  if [ "$status" != 0 ]; then
    # From what failed to its end; the lines of what went well are left out.
    sed -n '/^FAILED\|^ninja: \|rror:/,$p' "$log" | grep -v '^\[[0-9]*/[0-9]*\] ' | tail -60
    echo "the build of preset $preset failed; all of it is in $log" >&2
    return 1
  fi
  echo "built in $(as_time $((SECONDS - since)))"
}
