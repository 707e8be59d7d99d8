# What a zsh offers when Tab is pressed behind each LINE: a word each line, and a form feed at the end.
# It is a zsh of its own, in a terminal of its own, in which each word that is offered is also written
# between two marks.
#
# usage: zsh -f completion.zsh DIRECTORY LINE...     DIRECTORY: where the file _repolock is
zmodload zsh/zpty
setopt extended_glob

setup() {
  LISTMAX=1000 # it is not to ask whether all are wanted
  fpath=($DIRECTORY $fpath)
  autoload -Uz compinit && compinit -u
  compadd() {
    if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
      local -a offered
      builtin compadd -A offered "$@"
      (($#offered)) && print -rl -- '' $'\2'${^offered}$'\3'
    fi
    builtin compadd "$@"
  }
  list-and-say-so() {
    zle list-choices
    print -r -- $'\4'
  }
  zle -N list-and-say-so
  bindkey '^I' list-and-say-so
}

zpty shell 'TERM=vt100 exec zsh -f -i'
zpty -w shell "DIRECTORY=${(q)1}; $(functions setup); setup; print -r -- rea''dy"
zpty -r shell text '*ready*'
for line in "${@[2,-1]}"; do
  zpty -n -w shell "$line"$'\t'
  zpty -r shell text $'*\4*'
  zpty -n -w shell $'\C-u'
  for word in "${(@f)text}"; do
    if [[ $word == (#b)*$'\2'(*)$'\3'* ]]; then print -r -- $match[1]; fi
  done
  print $'\f'
done
zpty -d shell
