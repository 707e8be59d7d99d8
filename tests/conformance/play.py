"""Plays one scenario on agents, and compares. README.md has the language of scenarios."""

import copy
from string import Template

from agent import Broken


class Failed(Exception):
    """A step came out otherwise than the scenario says."""


def matches(wanted, found, saved):
    """A plain value equals; {"above": x}, {"contains": x}, {"at_most": x}, {"one_of": [...]}, and
    "$name" for what was saved."""
    if isinstance(wanted, str) and wanted.startswith("$"):
        wanted = saved[wanted[1:]]
    if isinstance(wanted, dict) and len(wanted) == 1:
        (how, value), = wanted.items()
        if isinstance(value, str) and value.startswith("$"):
            value = saved[value[1:]]
        tests = {"above": lambda: found is not None and found > value,
                 "at_most": lambda: found is not None and found <= value,
                 "contains": lambda: found is not None and value in found,
                 "one_of": lambda: found in value}
        if how in tests:
            return tests[how]()
    return wanted == found


def member(reply, path):
    """"holders.0.holder" of a reply; None where there is none."""
    for part in path.split("."):
        if isinstance(reply, list):
            reply = reply[int(part)] if int(part) < len(reply) else None
        elif isinstance(reply, dict):
            reply = reply.get(part)
    return reply


class Player:
    """agents: by the names that the scenario has for them. Each has a client of its own name. facts: of
    the backend, as if they had been saved."""

    def __init__(self, agents, url, config, facts):
        self._agents, self._url = agents, url
        self._saved, self._started = dict(facts), {}
        for name, agent in agents.items():
            self._expect(agent.reply(agent.start("open", self._filled_in(
                name, "open", {"config": config}))), {"status": "OK"}, f"{name} opens {url}")

    def _filled_in(self, name, verb, members):
        members = copy.deepcopy(members)
        if verb in ("open", "acquire", "inspect", "break", "shutdown", "close", "fork"):
            members.setdefault("client", name)
        if verb == "open":
            url = members.setdefault("backend", self._url)
            members["backend"] = Template(url).safe_substitute(self._saved)
            members.setdefault("config", {})
        if verb == "acquire":
            members.setdefault("repos", ["owner/name"])
        if verb in ("inspect", "break"):
            members.setdefault("repo", "owner/name")
        return self._filled(members)

    def _filled(self, value):
        if isinstance(value, dict):
            return {key: self._filled(each) for key, each in value.items()}
        if isinstance(value, str) and value.startswith("$"):
            return self._saved[value[1:]]
        return value

    def _expect(self, reply, wanted, what):
        for path, value in wanted.items():
            if not matches(value, member(reply, path), self._saved):
                raise Failed(f"{what}: {path} is {member(reply, path)!r}, not {value!r}: {reply}")

    def play(self, step):
        """{"a": "acquire", ..., "is": "OK"}: agent a does that. "as": go on, and "await" it later."""
        if "await" in step:
            agent, number, what = self._started.pop(step["await"])
            return self._finish(step, agent.reply(number), f"{what}, awaited")
        (name, verb), *rest = step.items()
        agent = self._agents[name]
        members = {key: value for key, value in rest if key not in ("is", "expect", "save", "as")}
        what = f"{name} ({agent.language}): {verb} {members or ''}".rstrip()
        if verb == "hears":
            return self._finish(step, agent.event(self._filled(members)), what)
        if verb == "queue":
            return self._await_queue(name, members["length"])
        if verb == "exit":
            agent.start(verb, {"code": 0})
            return agent.ended()
        if verb == "killed":
            return agent.kill()
        if verb == "cancel":
            members["of"] = self._started[members["of"]][1]
        number = agent.start(verb, self._filled_in(name, verb, members))
        if "as" in step:
            self._started[step["as"]] = agent, number, what
            return None
        return self._finish(step, agent.reply(number), what)

    def _finish(self, step, reply, what):
        wanted = dict(step.get("expect", {}))
        if "event" not in reply:
            wanted.setdefault("status", step.get("is", "OK"))
        self._expect(reply, wanted, what)
        for name, path in step.get("save", {}).items():
            self._saved[name] = member(reply, path)

    def _await_queue(self, name, length):
        agent = self._agents[name]
        while True:
            reply = agent.reply(agent.start("inspect", self._filled_in(name, "inspect", {})))
            if len(reply["waiters"]) == length:
                return


__all__ = ["Broken", "Failed", "Player"]
