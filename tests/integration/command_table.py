"""Every option of every subcommand, and every exit code: a command line each, how it ends, and what it
shows. test_command_table.py walks it, and fails where the help knows of one that is not here."""

from typing import NamedTuple


ANYTHING = ".*"
NOTHING = r"\A\Z"


class Row(NamedTuple):
    option: str  # by one of its names; "" where only the end counts
    words: str  # {option}: each of its names in turn
    code: int
    out: str = ANYTHING  # what stdout and stderr match
    err: str = ANYTHING
    given: str = ""  # the options of a `repolock run` that holds owner/name meanwhile
    as_nobody: bool = False


HELD = "--reason gc"
SHARED = "--reason gc -s"
JSON = r'\A{"'

# Options of one subcommand.
ROWS = {
    "run": [
        Row("", "owner/name true", 0, NOTHING, NOTHING),
        Row("", "owner/name", 64, err="COMMAND is missing"),
        Row("", "--backend memory: --option memory.fault=unavailable=any* -w0.1 owner/name true", 69),
        Row("", "owner/name sh -c 'kill -9 $PPID; sleep 1000'", 70, err="guardian"),
        Row("", "--backend file://{closed} owner/name true", 77, err="closed", as_nobody=True),
        Row("", "owner/name {directory}", 126, err="cannot execute"),
        Row("", "owner/name no-such-command-here", 127, err="cannot execute no-such-command-here"),
        Row("", "owner/name sh -c 'kill -9 $$'", 128 + 9),
        Row("-n", "{option} owner/name true", 75, err="was not obtained: it is held", given=HELD),
        Row("-w", "{option} 0.1 owner/name true", 75, err="within 100ms: it is held", given=HELD),
        Row("-E", "{option} 9 -n owner/name true", 9, err="it is held", given=HELD),
        Row("-s", "{option} -n owner/name echo inside", 0, "inside", given=SHARED),
        Row("-x", "-s {option} -n owner/name true", 75, given=SHARED),
        Row("-c", "{option} 'echo $REPOLOCK_REPO' owner/name", 0, "owner/name"),
        Row("--reason", "{option} gc owner/name {command} status owner/name", 0, "holds +gc "),
        Row("--ttl", "{option} 2d owner/name true", 64, err="ttl .* more than max_ttl_ms"),
        Row("--max-hold", "{option} 0.1 owner/name sleep 1000", 123, err=r"is lost: .*\(SIGTERM"),
        Row("--on-lost", "{option} warn --max-hold 0.1 owner/name sh -c 'sleep 1; exit 5'", 5,
            err="goes on without it"),
        Row("--kill-after", "{option} 0 --max-hold 0.1 owner/name sleep 1000", 123,
            err="in 0s SIGKILL"),
        Row("-v", "{option} owner/name true", 0, err=r"obtained .*\n.*released the lock of owner/name"),
        Row("-o", "{option} owner/name ls -l /proc/self/fd", 0, r"\A(?s:(?!.*\.lock))"),
        Row("-F", "{option} owner/name true", 64, err="--no-fork cannot be"),
    ],
    "top": [
        Row("-n", "{option} 2 -d 0.1", 0, r"(?s)\AREPO.*\n\nREPO"),
        Row("-d", "{option} 0.1 -n 2 --json", 0, r'\A({"locks":\[\]}\n){2}\Z'),
        Row("", "-n1 --backend memory: --option memory.fault=unavailable=inspect*", 69, NOTHING),
    ],
    "break": [
        Row("--id", "owner/name {option} {id}", 0, "broke lease [0-9a-f]{32} of owner/name", given=HELD),
        Row("", "owner/name", 64, err="needs --id", given=HELD),
        Row("", "owner/name --id " + "0" * 32, 1, err="owner/name", given=HELD),
    ],
    "status": [
        Row("", "owner/name", 0, "holds +gc ", given=HELD),
        Row("", "owner/name", 1, "owner/name is free"),
    ],
    "ls": [Row("", "", 0, "owner/name +gc ", given=HELD)],
    "canonical": [Row("", "git@github.com:A/B.git", 0, r"\Aa/b\n\Z")],
    "doctor": [Row("", "", 0, "nothing is wrong")],
    "plugins": [Row("", "", 0, "(?m)^redis .* built in$"),
                Row("", "--option plugin.path={directory}/none", 70, err="none")],
    "version": [Row("", "", 0, r"\Arepolock \d")],
    "help": [Row("", "", 0, "(?m)^  run "), Row("", "run", 0, r"\AUsage: repolock run ")],
}

# Options of each subcommand, which stand behind its name, and then before it.
COMMON = {
    "run": [
        Row("--backend", "{option} memory: | -n owner/name true", 0, given=HELD),
        Row("--option", "{option} repo.form=opaque | ../x sh -c 'echo $REPOLOCK_REPO'", 0, "../x"),
        Row("--json", "{option} | -n owner/name true", 75, NOTHING, JSON + 'event":"error"',
            given=HELD),
        Row("-q", "{option} | -n owner/name true", 75, NOTHING, NOTHING, given=HELD),
    ],
    "status": [
        Row("--backend", "{option} memory: | owner/name", 1, "is free", given=HELD),
        Row("--option", "{option} repo.form=opaque | ../x", 1, "../x is free"),
        Row("--json", "{option} | owner/name", 0, JSON + 'repo":"owner/name","held":true', given=HELD),
        Row("-q", "{option} | owner/name", 0, NOTHING, given=HELD),
    ],
    "ls": [
        Row("--backend", "{option} memory:", 0, r"\AREPO .*\n\Z", given=HELD),
        Row("--option", "{option} tll_ms=1", 64, err="tll_ms"),
        Row("--json", "{option}", 0, JSON + 'repo":"owner/name"', given=HELD),
        Row("-q", "{option}", 0, r"\Aowner/name\n\Z", given=HELD),
    ],
    "top": [
        Row("--backend", "{option} memory: | -n1", 0, r"\AREPO .*\n\Z", given=HELD),
        Row("--option", "{option} tll_ms=1 | -n1", 64, err="tll_ms"),
        Row("--json", "{option} | -n1", 0, JSON + r'locks":\[{"repo":"owner/name"', given=HELD),
        Row("-q", "{option} | -n1", 0, r"\Aowner/name\n\Z", given=HELD),
    ],
    "break": [
        Row("--backend", "{option} memory: | owner/name --id {id}", 1, given=HELD),
        Row("--option", "{option} repo.form=opaque | ../x --id {id}", 1, err=r"\.\./x", given=HELD),
        Row("--json", "{option} | owner/name --id {id}", 0, JSON + 'repo":.*"broken":true}', given=HELD),
        Row("-q", "{option} | owner/name --id {id}", 0, NOTHING, NOTHING, given=HELD),
    ],
    "canonical": [
        Row("--backend", "{option} ftp://x | A/B", 0, r"\Aa/b\n\Z"),  # it asks no backend
        Row("--option", "{option} repo.case=sensitive | A/B", 0, r"\AA/B\n\Z"),
        Row("--json", "{option} | A/B", 0, r'\A{"name":"A/B","repo":"a/b"}\n\Z'),
        Row("-q", "{option} | A/B", 0, NOTHING),
    ],
    "doctor": [
        Row("--backend", "{option} ftp://x", 64, err="ftp"),
        Row("--option", "{option} tll_ms=1", 64, err="tll_ms"),
        Row("--json", "{option}", 0, NOTHING),
        Row("-q", "{option}", 0, NOTHING),
    ],
    "plugins": [
        Row("--backend", "{option} ftp://x", 0, "memory"),  # it opens none
        Row("--option", "{option} tll_ms=1", 64, err="tll_ms"),
        Row("--json", "{option}", 0, JSON + 'schemes":'),
        Row("-q", "{option}", 0, r"\Afile\nmemory\n"),
    ],
    "version": [
        Row("--backend", "{option} ftp://x", 0, "repolock"),  # it asks no backend
        Row("--option", "{option} tll_ms=1", 0, "repolock"),
        Row("--json", "{option}", 0, JSON + 'version":'),
        Row("-q", "{option}", 0, "repolock"),
    ],
    "help": [
        Row("--backend", "{option} ftp://x", 0, "Commands:"),
        Row("--option", "{option} tll_ms=1", 0, "Commands:"),
        Row("--json", "{option}", 0, JSON + 'command":"run"'),
        Row("-q", "{option}", 0, "Commands:"),
    ],
}
for _subcommand, _rows in COMMON.items():
    _rows.append(Row("-h", "{option}", 0, rf"\AUsage: repolock {_subcommand} "))
