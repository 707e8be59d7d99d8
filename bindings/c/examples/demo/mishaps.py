"""What goes wrong on purpose."""

import time

LONGEST_AWAY_NS = 1_500_000_000

class Mishaps:
    """A worker is killed in a clone, then one with its git, then a server, which comes back when a
    worker has missed it; if asked for, an upstream goes away."""

    def __init__(self, options, fleet, servers, jobs, upstreams, progress):
        self._options, self._fleet, self._jobs = options, fleet, jobs
        self._servers, self._unavailable = servers, 0
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
        self._server_mishap(over, journals)
        if self._outages_to_come and over >= self._options.jobs // 8:
            self._outages_to_come -= 1
            self._is_away = True
            self._upstreams.take_away(self._upstreams.repos[0])
        if journals.counts["breaker"] > 0:
            self._bring_upstream_back()

    def _server_mishap(self, over, journals):
        if not len(self._servers):
            return
        unavailable = journals.put_back_for("E_UNAVAILABLE")
        if not self._servers.outages and over >= self._options.jobs * 5 // 8:
            self._unavailable = unavailable
            self._servers.kill_one()
            self._progress.say(f"kill -9 of {self._servers.outages[-1].name}")
        elif self._servers.outages and not self._servers.outages[-1].back:
            away = time.monotonic_ns() - self._servers.outages[-1].at
            if unavailable > self._unavailable or away > LONGEST_AWAY_NS:
                self._servers.bring_back()
                self._progress.say(f"started {self._servers.outages[-1].name} again")

    def end_outages(self):
        self._bring_upstream_back()
        self._servers.bring_back()

    def _bring_upstream_back(self):
        if self._is_away:
            self._is_away = False
            self._upstreams.bring_back(self._upstreams.repos[0])
