"""The tables of README.md and of the man pages, made from what the library, its header and the command
say of themselves; as Markdown, or as scdoc."""
import json
import re
import subprocess

STATUS = re.compile(r"^  REPOLOCK_(OK|E_\w+) = (-?\d+),?\s*(?:/\* (.*?) \*/)?$", re.M | re.S)
SECTION = re.compile(r"^/\* -{4} ([^:-]+)\S* .*-{3,} \*/$", re.M)
FUNCTION = re.compile(r"^REPOLOCK_API [^;]*?\b(repolock_\w+)\([^;]*;", re.M)


class Facts:
    def __init__(self, source, command):
        self._source, self._command = source, command
        self.header = (source / "include/repolock/repolock.h").read_text()
        self.statuses = [(name, int(number), " ".join((text or "").split()))
                         for name, number, text in STATUS.findall(self.header)]
        self.subcommands = {each["command"]: each["options"] for each in self.help()}

    def help(self, *subject):
        text = subprocess.run([self._command, "help", "--json", *subject], check=True,
                              capture_output=True, text=True).stdout
        return [json.loads(line) for line in text.splitlines()]

    def first_lock(self):
        return (self._source / "bindings/c/examples/first_lock.c").read_text()


class Markdown:
    text = staticmethod(lambda text: text.replace("|", "\\|"))
    name = staticmethod(lambda name: f"`{name}`" if name else "")
    code = staticmethod(lambda code: f"```c\n{code}```\n")

    @staticmethod
    def rows(header, rows):
        lines = [header, ["---"] * len(header), *rows]
        return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


class Scdoc:
    text = staticmethod(lambda text: re.sub(r"([\\*_])", r"\\\1", text))
    name = staticmethod(lambda name: f"*{Scdoc.text(name)}*" if name else "")
    code = staticmethod(lambda code: f"```\n{code}```\n")

    @staticmethod
    def rows(_header, rows):
        """The first cell is the term, the last one its meaning, what is between stands in brackets."""
        items = []
        for term, *between, meaning in rows:
            between = "; ".join(cell for cell in between if cell)
            items.append(f"{term}{f' ({between})' if between else ''}\n\t{meaning}\n")
        return "\n".join(items)


def exit_codes(facts, form):
    return form.rows(["Code", "Meaning"], [[form.name(str(row["exit"])), form.text(row["meaning"])]
                                           for row in facts.help("exit-codes")])


def settings(facts, form):
    return form.rows(["Key", "Type", "Default", "Meaning"],
                     [[form.name(row["key"]), form.text(row["type"]),
                       form.name(row["default"]), form.text(row["meaning"])]
                      for row in facts.help("settings")])


def options(facts, form, subcommand=None):
    """Of one subcommand those that not every one has; without it, those that every one has."""
    common = facts.subcommands["help"]
    chosen = [each for each in facts.subcommands[subcommand] if each not in common] \
        if subcommand else common
    return form.rows(["Option", "Meaning"],
                     [[", ".join(map(form.name, option["names"])) +
                       (f" _{form.text(option['value'])}_" if option["value"] else ""),
                       form.text(option["meaning"])] for option in chosen])


def statuses(facts, form):
    return form.rows(["Status", "Meaning"],
                     [[form.name(f"REPOLOCK_{name}"), form.text(meaning or "it went well")]
                      for name, _, meaning in facts.statuses])


def functions(facts, form):
    """Under the headings of the header."""
    parts = ["Statuses and version", *SECTION.split(facts.header)]
    return form.rows(["About", "Functions"],
                     [[title.strip(), ", ".join(map(form.name, FUNCTION.findall(text)))]
                      for title, text in zip(parts[::2], parts[1::2])])


def first_lock(facts, form):
    return form.code(facts.first_lock())


FORMS = {".md": Markdown, ".scd": Scdoc}
MAKERS = {make.__name__: make for make in (exit_codes, settings, options, statuses, functions,
                                           first_lock)}
