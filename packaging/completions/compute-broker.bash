# bash completion for compute-broker. Options come from the command's own --help, so that they are
# always those of the installed version.

_compute_broker() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' word
  COMPREPLY=()
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
      --) # the rest is the command of `run`
        COMPREPLY=($(compgen -c -- "$current") $(compgen -f -- "$current"))
        return ;;
      -*) ;;
      *) command=${command:-$word} ;;
    esac
  done
  if [[ -z $command ]]; then
    local commands
    commands=$("${COMP_WORDS[0]}" --help 2>/dev/null | sed -n '/^Subcommands:/,/^$/s/^  \([a-z][a-z0-9-]*\) .*/\1/p')
    COMPREPLY=($(compgen -W "$commands --help --version" -- "$current"))
    return
  fi
  case $previous in
    --config | --port-file) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --log-level) COMPREPLY=($(compgen -W "debug info warning error alert" -- "$current")); return ;;
    --log-format) COMPREPLY=($(compgen -W "text json" -- "$current")); return ;;
  esac
  case $current in
    -*)
      local options
      options=$("${COMP_WORDS[0]}" "$command" --help 2>/dev/null | grep -oE '^  (-h,)?--[a-z0-9-]+' | grep -oE -- '--[a-z0-9-]+')
      COMPREPLY=($(compgen -W "$options" -- "$current"))
      return ;;
  esac
  case $command in
    check-config) COMPREPLY=($(compgen -f -- "$current")) ;;
    ping | release)
      COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" status --json --timeout 1s 2>/dev/null | grep -oE '"ip":"[^"]+"' | cut -d'"' -f4)" -- "$current")) ;;
  esac
}
complete -o filenames -F _compute_broker compute-broker
