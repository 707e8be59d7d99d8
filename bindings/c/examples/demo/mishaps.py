"""What goes wrong on purpose."""


class Mishaps:
    """A worker is killed in a clone, then one with its git; if asked for, an upstream goes away."""

    def __init__(self, options, fleet, jobs, upstreams, progress):
        self._options, self._fleet, self._jobs = options, fleet, jobs
        self._upstreams, self._progress = upstreams, progress
        self._outages_to_come = 1 if options.outage else 0
        self._is_away = False

    def happen(self, over, journals):
        kills = len(self._fleet.kills)
        if kills < 2 and over >= self._options.jobs * (kills + 1) // 4:
            for operation in journals.under_way():
                if self._fleet.kill_in_clone(operation, self._jobs, with_git=kills == 1):
                    who = f"worker {self._fleet.slots[operation.pid] + 1}"
                    who += " and its git" if kills else ""
                    self._progress.say(
                        f"kill -9 of {who}, in the middle of cloning {operation.repo}")
                    break
        if self._outages_to_come and over >= self._options.jobs // 8:
            self._outages_to_come -= 1
            self._is_away = True
            self._upstreams.take_away(self._upstreams.repos[0])
        if journals.counts["breaker"] > 0:
            self.end_outage()

    def end_outage(self):
        if self._is_away:
            self._is_away = False
            self._upstreams.bring_back(self._upstreams.repos[0])
