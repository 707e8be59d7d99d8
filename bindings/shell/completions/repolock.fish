# Completion of repolock(1) for fish: subcommands, options and their values, repositories that are
# locked now, and the command that `repolock run` runs.

set -g __repolock_subcommands run status ls top break canonical doctor plugins version help

# The command line up to here in parts, a line each: the subcommand, the first word behind it, and for
# `run` the words of its command.
function __repolock_words
    set -l words (commandline -opc)[2..-1]
    set -l subcommand ''
    while set -q words[1]
        set -l word $words[1]
        set -e words[1]
        switch "$subcommand $word"
            case '* --backend' '* --option' 'break --id' \
                'run -w' 'run --wait' 'run --timeout' 'run -E' 'run --conflict-exit-code' \
                'run -c' 'run --command' 'run --reason' 'run --ttl' 'run --max-hold' \
                'run --on-lost' 'run --kill-after' \
                'top -d' 'top --delay' 'top -n' 'top --count'
                set -e words[1]
            case '* -*'
                continue
            case ' *'
                set subcommand $word
                echo $word
            case '*'
                echo $word
                test "$words[1]" = --; and set -e words[1]
                test $subcommand = run; and string join -- \n $words
                return
        end
    end
end

function __repolock_is --argument-names subcommand
    set -l words (__repolock_words)
    test "$words[1]" = "$subcommand"; and not set -q words[2]
end

function __repolock_runs
    set -l words (__repolock_words)
    test "$words[1]" = run; and set -q words[2]
end

# As this command line, up to here, says where the locks are.
function __repolock_ask
    set -l words (commandline -opc)
    set -l given
    for i in (seq 2 (count $words))
        switch $words[$i]
            case --backend --option
                set -a given $words[$i] $words[(math $i + 1)]
            case '--backend=*' '--option=*'
                set -a given $words[$i]
        end
    end
    repolock $given $argv 2>/dev/null
end

function __repolock_leases
    __repolock_ask status (__repolock_words)[2] | string replace -fr '^holds.* ' ''
end

function __repolock_settings
    repolock help settings | string replace -fr '^  ([a-z][a-z_.]*).*' '$1='
end

complete -c repolock -f

# Before the subcommand, and behind it.
complete -c repolock -n 'not __repolock_runs' -l backend -xa 'file: file:/// memory: redis:// redis+unix:///' -d 'where the locks are'
complete -c repolock -n 'not __repolock_runs' -l option -xa '(__repolock_settings)' -d 'one more setting of the library'
complete -c repolock -n 'not __repolock_runs' -l json -d 'for programs: JSON instead of text'
complete -c repolock -n 'not __repolock_runs' -s q -l quiet -d 'no word about waiting, holders and success'
complete -c repolock -n 'not __repolock_runs' -s h -l help -d 'show the help'

complete -c repolock -n '__repolock_is ""' -s V -l version -d 'show the version'
complete -c repolock -n '__repolock_is ""' -a run -d 'run a command while holding the lock'
complete -c repolock -n '__repolock_is ""' -a status -d 'who holds a lock, and who waits'
complete -c repolock -n '__repolock_is ""' -a ls -d 'all locks that are held'
complete -c repolock -n '__repolock_is ""' -a top -d 'the same, kept up to date'
complete -c repolock -n '__repolock_is ""' -a break -d 'take a lock away from the lease that holds it'
complete -c repolock -n '__repolock_is ""' -a canonical -d 'the name under which a repository is locked'
complete -c repolock -n '__repolock_is ""' -a doctor -d 'what is wrong with the set-up'
complete -c repolock -n '__repolock_is ""' -a plugins -d 'the backends there are'
complete -c repolock -n '__repolock_is ""' -a version -d 'the version of command and library'
complete -c repolock -n '__repolock_is ""' -a help -d 'about a command'

complete -c repolock -n '__repolock_is run' -s n -l nonblock -l nb -d 'do not wait'
complete -c repolock -n '__repolock_is run' -s w -l wait -l timeout -x -d 'wait no longer than this'
complete -c repolock -n '__repolock_is run' -s E -l conflict-exit-code -x -d 'the exit code when the lock is not obtained'
complete -c repolock -n '__repolock_is run' -s s -l shared -d 'together with other shared holders'
complete -c repolock -n '__repolock_is run' -s x -s e -l exclusive -d 'alone; the default'
complete -c repolock -n '__repolock_is run' -s c -l command -x -d 'run a line by sh -c'
complete -c repolock -n '__repolock_is run' -l reason -x -d 'what those who wait are told of this holder'
complete -c repolock -n '__repolock_is run' -l ttl -x -d 'how long a dead host blocks the others'
complete -c repolock -n '__repolock_is run' -l max-hold -x -d 'hold no longer than this'
complete -c repolock -n '__repolock_is run' -l on-lost -xa 'term warn ignore' -d 'when the lock is lost'
complete -c repolock -n '__repolock_is run' -l kill-after -x -d 'from SIGTERM to SIGKILL when the lock is lost'
complete -c repolock -n '__repolock_is run' -s v -l verbose -d 'also say when the lock is obtained and released'
complete -c repolock -n '__repolock_is run' -s o -l close -d 'as in flock, and always so'
complete -c repolock -n '__repolock_is run' -s F -l no-fork -d 'refused, unlike in flock'

complete -c repolock -n '__repolock_is run; or __repolock_is status; or __repolock_is break' -a '(__repolock_ask ls -q)' -d locked
complete -c repolock -n '__repolock_is break' -l id -x
complete -c repolock -n 'string match -q break -- (__repolock_words)[1]' -l id -xa '(__repolock_leases)' -d 'the lease to end'
complete -c repolock -n '__repolock_is top' -s d -l delay -x -d 'from one time to the next'
complete -c repolock -n '__repolock_is top' -s n -l count -x -d 'how often'
complete -c repolock -n '__repolock_is help' -a "$__repolock_subcommands exit-codes settings"

# The command of `repolock run`, by its own completion.
complete -c repolock -n __repolock_runs -a '(complete -C (string join " " -- (string escape -- (__repolock_words)[3..-1]) (commandline -ct)))'
