# Completion of repolock(1) for bash: subcommands, options and their values, repositories that are
# locked now, and the command that `repolock run` runs.
# shellcheck shell=bash

_repolock_options() { # SUBCOMMAND ('': before it)
  local common='--backend --option --json -q --quiet -h --help'
  case $1 in
    '') echo "$common -V --version" ;;
    run)
      echo "$common -n --nonblock --nb -w --wait --timeout -E --conflict-exit-code -s --shared" \
        "-x --exclusive -e -c --command --reason --ttl --max-hold --on-lost --kill-after" \
        "-v --verbose -o --close -F --no-fork"
      ;;
    top) echo "$common -d --delay -n --count" ;;
    break) echo "$common --id" ;;
    *) echo "$common" ;;
  esac
}

_repolock_takes_value() { # SUBCOMMAND OPTION
  case "$1 $2" in
    *' --backend' | *' --option' | 'break --id') ;;
    'run -w' | 'run --wait' | 'run --timeout' | 'run -E' | 'run --conflict-exit-code') ;;
    'run -c' | 'run --command' | 'run --reason' | 'run --ttl' | 'run --max-hold') ;;
    'run --on-lost' | 'run --kill-after') ;;
    'top -d' | 'top --delay' | 'top -n' | 'top --count') ;;
    *) return 1 ;;
  esac
}

# The functions below see the variables of _repolock.

# Each WORD that goes on from what was typed. They are taken as they are and quoted, not expanded:
# the name of a lock may come from somebody else.
_repolock_offer() { # WORD...
  local word
  for word; do
    [[ $word == "$current"* ]] || continue
    printf -v word %q "${word#"$typed"}"
    COMPREPLY+=("$word")
  done
}

_repolock_offer_lines() {
  local lines
  mapfile -t lines
  _repolock_offer "${lines[@]}"
}

_repolock_offer_value() { # OPTION
  case $1 in
    --backend)
      _repolock_offer file: file:/// memory: redis:// redis+unix:///
      compopt -o nospace
      ;;
    --option)
      _repolock_offer_lines < <(repolock help settings | sed -n 's/^  \([a-z][a-z_.]*\).*/\1=/p')
      compopt -o nospace
      ;;
    --on-lost) _repolock_offer term warn ignore ;;
    --id)
      _repolock_offer_lines < <("${ask[@]}" status "$repository" 2>/dev/null |
        sed -n 's/^holds.* //p')
      ;;
  esac
}

_repolock_offer_word() {
  case $subcommand in
    '') _repolock_offer run status ls top break canonical doctor plugins version help ;;
    run | status | break)
      [[ $repository ]] || _repolock_offer_lines < <("${ask[@]}" ls -q 2>/dev/null)
      ;;
    help)
      _repolock_offer run status ls top break canonical doctor plugins version help exit-codes settings
      ;;
  esac
}

# The command of `repolock run`, from words[$1] on; where bash-completion is there, by its own
# completion.
_repolock_offer_command() {
  local first=$1
  [[ ${words[first]} == -- && $first -lt $last ]] && ((first++))
  if declare -F _command_offset >/dev/null; then
    _command_offset "${places[first]}"
  elif [[ $first == "$last" ]]; then
    mapfile -t COMPREPLY < <(compgen -c -- "$current")
  else
    compopt -o bashdefault -o default
  fi
}

_repolock() {
  # The words as they were typed, and where in COMP_WORDS each begins: there they are cut at = and :
  # too.
  local words=() places=() rest=$COMP_LINE i
  for ((i = 0; i <= COMP_CWORD; i++)); do
    if [[ $i == 0 || $rest == [[:space:]]* ]]; then
      words+=("${COMP_WORDS[i]}")
      places+=("$i")
    else
      words[-1]+=${COMP_WORDS[i]}
    fi
    rest=${rest#"${rest%%[![:space:]]*}"}
    rest=${rest#"${COMP_WORDS[i]}"}
  done
  local last=$((${#words[@]} - 1))
  local current=${words[last]} typed piece=${COMP_WORDS[COMP_CWORD]}
  # What readline keeps, and does not want to have again.
  if [[ $piece == [:=] ]]; then typed=$current; else typed=${current%"$piece"}; fi

  local subcommand='' repository='' word value_of='' ask=("${words[0]}")
  for ((i = 1; i < last; i++)); do
    word=${words[i]}
    if [[ $subcommand == run && $repository ]]; then
      _repolock_offer_command "$i"
      return
    elif _repolock_takes_value "$subcommand" "$word"; then
      ((++i == last)) && value_of=$word
      [[ $word == --backend || $word == --option ]] && ask+=("$word" "${words[i]}")
    elif [[ $word == --backend=* || $word == --option=* ]]; then
      ask+=("$word")
    elif [[ $word == -* ]]; then
      continue
    elif [[ ! $subcommand ]]; then
      subcommand=$word
    else
      repository=$word
    fi
  done

  if [[ $subcommand == run && $repository && ! $value_of ]]; then
    _repolock_offer_command "$last"
  elif [[ $value_of ]]; then
    _repolock_offer_value "$value_of"
  elif [[ $current == --*=* ]]; then
    value_of=${current%%=*}
    typed=${typed#"$value_of="}
    current=${current#*=}
    _repolock_offer_value "$value_of"
  elif [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_repolock_options "$subcommand")" -- "$current")
  else
    _repolock_offer_word
  fi
}

complete -F _repolock repolock
