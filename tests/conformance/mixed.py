"""One process of each language, all on one repository: nobody overlaps, and all come in order."""

import os
import tempfile

from agent import Agent, Broken

ROUNDS = 3


def wait_in_line(agents, holder, round_number):
    """All but the holder ask, one behind the other; the ids of their requests."""
    waiting = []
    for name, agent in agents.items():
        if name == holder:
            continue
        waiting.append((name, agent.start("acquire", {
            "client": "c", "lease": f"l{round_number}", "repos": ["owner/name"], "wait_ms": -1})))
        while len(ask(agents[holder], "inspect", client="c", repo="owner/name")["waiters"]) < len(waiting):
            pass
    return waiting


def ask(agent, verb, **members):
    reply = agent.reply(agent.start(verb, members))
    if reply["status"] != "OK":
        raise Broken(f"{agent.language}: {verb} {members}: {reply}")
    return reply


def take_turns(commands, backend, environment):
    """'' or why not. The first one holds; the others get it in the order in which they asked."""
    agents = {name: Agent(name, command, environment) for name, command in commands.items()}
    with tempfile.TemporaryDirectory(prefix="repolock-mixed-") as home:
        witness = f"{home}/witness"
        try:
            for agent in agents.values():
                ask(agent, "open", client="c", backend=backend.url("mixed"), config={})
            first = next(name for name, agent in agents.items()
                         if "inspect" in ask(agent, "hello")["can"])
            fence = 0
            for number in range(ROUNDS):
                lease = f"l{number}"
                held = ask(agents[first], "acquire", client="c", lease=lease, repos=["owner/name"],
                           wait_ms=-1)
                waiting = [(first, None), *wait_in_line(agents, first, number)]
                for name, request in waiting:
                    grant = held if request is None else agents[name].reply(request)
                    if grant["status"] != "OK" or grant["fences"][0] <= fence:
                        return f"{name}, behind fence {fence}: {grant}"
                    fence = grant["fences"][0]
                    ask(agents[name], "work", lease=lease, witness=witness)
                    ask(agents[name], "release", lease=lease)
            with open(f"{witness}.journal", encoding="utf-8") as journal:
                order = [line.split() for line in journal]
            wanted = [first, *(name for name in agents if name != first)] * ROUNDS
            if [name for _, name in order] != wanted:
                return f"not in the order in which they asked: {order}"
            return "" if not os.path.exists(witness) else "the witness was left behind"
        except Broken as broken:
            return str(broken)
        finally:
            for agent in agents.values():
                if agent.is_alive():
                    agent.close()

