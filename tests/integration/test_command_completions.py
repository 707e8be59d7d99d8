#!/usr/bin/env python3
"""bash, zsh and fish complete `repolock`, each asked by itself: its options are those of the help, and
names of locks, the command of `run` and what others wrote are what they should be."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from command_support import COMMAND, PATIENCE, CommandTest
from terminal_support import Pty

COMPLETIONS = Path(os.environ["REPOLOCK_SOURCE_DIR"], "bindings/shell/completions")
BASH_COMPLETION = Path("/usr/share/bash-completion/bash_completion")
BEFORE = {"-h", "--help", "-V", "--version"}  # what also stands before the subcommand


class Completion(CommandTest):
    @classmethod
    def setUpClass(cls):
        # What a shell has found out about its completions is kept there.
        cls.home = tempfile.mkdtemp(prefix="repolock-test-")
        cls.addClassCleanup(shutil.rmtree, cls.home)

    def setUp(self):
        super().setUp()
        tools = self.directory / "tools"
        tools.mkdir()
        (tools / "repolock").symlink_to(COMMAND)
        shutil.copy("/bin/true", tools / "frobnicate")
        self.env |= {"PATH": f"{tools}:{os.environ['PATH']}", "HOME": self.home}
        self.env.pop("XDG_DATA_HOME", None)
        self.manual = {each["command"]: each["options"] for each in
                       map(json.loads, self.check(0, "help", "--json")[0].splitlines())}

    def names(self, subcommand):
        return {name for option in self.manual[subcommand] for name in option["names"]}


class Texts(Completion):
    def test_every_subcommand_and_option_is_in_each(self):
        for path in COMPLETIONS.iterdir():
            text = path.read_text()
            for subcommand in self.manual:
                for name in {subcommand} | self.names(subcommand):
                    dashes, word = re.fullmatch("(-*)(.*)", name).groups()
                    spelled = {"": word, "-": f"-s {word}", "--": f"-l {word}"}[dashes] \
                        if path.suffix == ".fish" else name
                    self.assertRegex(text, rf"(?<![\w-]){re.escape(spelled)}(?![\w-])", path.name)


class Shell:
    """What all of them must do; offers(LINE...) gives for each the set of words offered behind it."""

    def assert_offers(self, expected):
        offered = dict(zip(expected, self.offers(*expected), strict=True))
        self.assertEqual(offered, expected)

    def test_subcommands(self):
        self.assert_offers({"repolock ": set(self.manual), "repolock ca": {"canonical"},
                            "repolock --json -q ca": {"canonical"}})

    def test_options_are_those_of_the_help(self):
        self.assert_offers({"repolock -": self.names("help") | BEFORE,
                            **{f"repolock {subcommand} -": self.names(subcommand)
                               for subcommand in self.manual}})

    def test_names_that_are_locked(self):
        self.hold("owner/name")
        self.hold("gitlab.com/group/name")
        self.assert_offers({
            **dict.fromkeys(("repolock run ", "repolock status ", "repolock break ",
                             "repolock run -w 5 -s ", "repolock run --wait=5 ",
                             f"repolock --backend {self.url} status "),
                            {"owner/name", "gitlab.com/group/name"}),
            "repolock status ow": {"owner/name"},
            **dict.fromkeys(("repolock --backend memory: status ow",
                             "repolock status --backend=memory: ow", "repolock ls ow",
                             "repolock canonical ow"), set())})

    def test_the_lease_to_break(self):
        self.hold()
        lease = self.status()["holders"][0]["id"]
        self.assert_offers({"repolock break owner/name --id ": {lease}})

    def test_values(self):
        self.assert_offers({"repolock run --on-lost ": {"term", "warn", "ignore"},
                            "repolock run --on-lost=w": {"warn"},
                            "repolock --backend mem": {"memory:"},
                            "repolock ls --option=repo.f": {"repo.form"},
                            "repolock help s": {"status", "settings"}})

    def test_the_command_that_is_run(self):
        self.assert_offers({f"repolock run {words} frobni": {"frobnicate"} for words in
                            ("owner/name", "-n owner/name", "owner/name --", "-w 5 owner/name --")})

    def test_the_command_s_own_words(self):
        self.assert_offers({"repolock run owner/name -- repolock ca": {"canonical"}})

    def test_a_name_is_never_executed(self):
        name = "a$(touch pwned);`touch pwned` 'b"
        self.hold(name, "--option", "repo.form=opaque")
        for offered in self.offers("repolock status a", "repolock status ", "repolock status "):
            self.assertIn("a$(touch", "".join(offered).replace("\\", ""))
        self.assertFalse((self.directory / "pwned").exists())


class Bash(Shell, Completion):
    SETUP = ""

    def setUp(self):
        super().setUp()
        inputrc = self.directory / "inputrc"
        inputrc.write_text("".join(f"set {line}\n" for line in (
            "show-all-if-ambiguous on", "completion-query-items 0", "page-completions off",
            "completion-display-width 0", "bell-style none", "enable-bracketed-paste off")))
        self.bash = Pty(["bash", "--norc", "--noprofile", "-i"],
                        {**self.env, "PS1": "ready> ", "TERM": "dumb", "INPUTRC": str(inputrc)},
                        columns=2000)
        self.addCleanup(self.bash.destroy)
        self.enter(f"cd {self.directory}; {self.SETUP}. {COMPLETIONS}/repolock.bash")
        # What stands on the line after Tab.
        self.enter("""bind -x '"\\C-t": printf "\\n<%s>\\n" "$READLINE_LINE"'""")
        self.bash.until("ready> ")

    def enter(self, line):
        self.bash.until("ready> ")
        self.bash.type(line.encode() + b"\n")

    def offers(self, *lines):
        return [self.offered(line) for line in lines]

    def offered(self, line):
        self.bash.type(line.encode() + b"\t\x14")
        found = self.bash.until(r"(?s)(.*?)\n<([^\n]*)>\r?\n.*?ready> ")
        self.bash.type(b"\x15")  # the line is taken away again
        listed = {each.strip() for each in found[1].replace("\r", "").split("\n")[1:]
                  if not each.startswith("ready> ")}
        typed = re.split("[ =]", line)[-1]
        inserted = found[2][len(line) - len(typed):].rstrip()
        return {each.removesuffix("=") for each in listed - {""} or {inserted} - {typed}}

    def test_the_command_s_own_words(self):
        (self.directory / "frobnication").touch()
        self.assert_offers({"repolock run owner/name -- cat frob": {"frobnication"}})


class BashWithBashCompletion(Bash):
    SETUP = f". {BASH_COMPLETION}; "

    def setUp(self):
        if not BASH_COMPLETION.exists():
            self.skipTest("there is no bash-completion")
        super().setUp()

    def test_the_command_s_own_words(self):
        Shell.test_the_command_s_own_words(self)


@unittest.skipUnless(shutil.which("zsh"), "there is no zsh")
class Zsh(Shell, Completion):
    def offers(self, *lines):
        done = subprocess.run(["zsh", "-f", Path(__file__).with_name("completion.zsh"), COMPLETIONS,
                               *lines], env=self.env, cwd=self.directory, text=True, check=True,
                              stdout=subprocess.PIPE, timeout=PATIENCE)
        return [{word.strip() for word in each.strip("\n").splitlines()}
                for each in done.stdout.split("\f")[:-1]]


@unittest.skipUnless(shutil.which("fish"), "there is no fish")
class Fish(Shell, Completion):
    def offers(self, *lines):
        done = subprocess.run(["fish", "-C", f"source {COMPLETIONS}/repolock.fish", "-c",
                               "for line in $argv; complete -C $line; printf '\\f'; end", *lines],
                              env=self.env, text=True, cwd=self.directory, check=True,
                              stdout=subprocess.PIPE, timeout=PATIENCE)
        return [{re.sub("^--[a-z-]+=", "", word.split("\t")[0]).removesuffix("=")
                 for word in each.splitlines()} for each in done.stdout.split("\f")[:-1]]


if __name__ == "__main__":
    for shell in ("zsh", "fish"):
        if not shutil.which(shell):
            print(f"SKIP command_completions: there is no {shell}")
    unittest.main()
