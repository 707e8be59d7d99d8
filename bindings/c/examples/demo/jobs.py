"""The job queue, from outside: see ../worker/job_queue.h for the directories."""

import random
from pathlib import Path

ROOMS = ("ready", "taken", "done", "failed")


class Jobs:
    def __init__(self, directory):
        self.directory = Path(directory)
        for room in ROOMS:
            (self.directory / room).mkdir(parents=True)
        self.kinds = {}  # id -> snapshot or unwatch

    def fill(self, count, repos, seed):
        """Every fourth is unwatch, but no late one: there should be clones left to look at.
        The first repositories are asked for more often than the last."""
        chance = random.Random(seed)
        weights = [1 / (i + 5) for i in range(len(repos))]
        last = count - max(count // 3, len(repos))
        for number in range(count):
            kind = "unwatch" if number % 4 == 3 and number < last else "snapshot"
            job = f"{number:04}"
            repo = repos[number % len(repos)]
            if number < last:
                repo = chance.choices(repos, weights)[0]
            self.kinds[job] = kind
            (self.directory / "ready" / f"{number:015}-{job}-0-0").write_text(f"{kind} {repo}\n")

    def names(self, room):
        return [path.name for path in (self.directory / room).iterdir()]

    def over(self):
        return len(self.names("done")) + len(self.names("failed"))

    def give_back(self, pid):
        """What a worker had that is dead. Nobody else may call this, and nobody sooner."""
        taken = self.directory / "taken" / str(pid)
        for path in taken.iterdir() if taken.exists() else []:
            path.rename(self.directory / "ready" / path.name)
