"""The figures of a run, in words."""

from collections import Counter

from checks import by_repo

_NO_SERVER = ("E_UNAVAILABLE", "E_UNKNOWN", "E_LOST")

def percentile(values, share):
    """The smallest value that so large a share of all does not exceed; 0 of none."""
    ordered = sorted(values)
    if not ordered:
        return 0
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def hand_offs(held):
    """How often the one who held next was another worker."""
    return sum(1 for before, after in zip(held, held[1:]) if before.pid != after.pid)


def _spread(nanoseconds):
    values = [ns / 1e6 for ns in nanoseconds]
    return "".join(f"{value:8.0f}" for value in
                   (percentile(values, 0.5), percentile(values, 0.99), max(values, default=0)))


def table(journals, repos):
    held = by_repo(journals.operations)
    lines = [f"{'':14}{'':38}{'waits, ms':>24}{'holds, ms':>24}",
             f"{'repository':14}{'clones':>7}{'pulls':>7}{'deletes':>8}{'retries':>8}{'handed':>8}"
             + "     p50     p99     max" * 2]
    total = []
    for repo in [*repos, None]:
        mine = held[repo] if repo else total
        total = total + mine if repo else total
        kinds = [each.what for each in mine]
        handed = hand_offs(mine) if repo else sum(hand_offs(held[each]) for each in repos)
        lines.append(f"{repo or 'all':14}{kinds.count('clone'):7}{kinds.count('pull'):7}"
                     f"{kinds.count('delete'):8}{journals.retries(repo):8}{handed:8}"
                     + _spread([each.granted - each.wait_from for each in mine])
                     + _spread([each.end - each.granted for each in mine]))
    return "\n".join(lines)


def kill_lines(kills, journals, began, has_ttl):
    """has_ttl: a dead worker's lock is free when its lease has run out."""
    if not kills:
        yield "kill -9: none, for no clone was seen when one was due"
    for kill in kills:
        who = f"worker {kill.slot + 1}{' and its git' if kill.with_git else ''}"
        text = (f"kill -9 at {(kill.at - began) / 1e9:.1f} s: {who}, in the middle of cloning "
                f"{kill.repo}; ")
        gone = kill.survivors.last_seen_ns
        if not kill.with_git:
            text += f"its git lived on for {(gone - kill.at) / 1e6:.0f} ms; "
        after = next((each for each in by_repo(journals.operations)[kill.repo]
                      if each.granted > kill.at), None)
        if after is None:
            text += "nobody came after it"
        elif has_ttl and after.granted >= gone:
            text += (f"its lease ran out, and the next one began "
                     f"{(after.granted - kill.at) / 1e9:.1f} s after the kill")
        elif after.granted < gone:
            text += f"the next one began {(gone - after.granted) / 1e6:.0f} ms before it was gone"
        elif after.wait_from < gone:
            text += f"the next one, who waited, began {(after.granted - gone) / 1e6:.1f} ms later"
        else:
            text += f"the next one came {(after.wait_from - gone) / 1e6:.1f} ms later"
        yield text


def outage_lines(servers, journals, began):
    """Of several servers the rest goes on meanwhile."""
    for outage in servers.outages:
        of_all = f", one of {len(servers)}" if len(servers) > 1 else ""
        text = f"kill -9 at {(outage.at - began) / 1e9:.1f} s: {outage.name}{of_all}; "
        if not outage.back:
            yield text + "it did not come back"
            continue
        put_back = Counter(event.fields["why"] for event in journals.named("retry")
                           if event.fields["why"] in _NO_SERVER and event.at > outage.at)
        granted = [each.granted for each in journals.operations if each.granted > outage.at]
        after = min((each for each in granted if each > outage.back), default=0)
        text += f"back {(outage.back - outage.at) / 1e9:.1f} s later"
        if of_all:
            text += f"; {sum(each < outage.back for each in granted)} leases began meanwhile"
        elif after:
            text += f"; the next lease began {(after - outage.back) / 1e6:.0f} ms after that"
        told = ", ".join(f"{count} {why}" for why, count in sorted(put_back.items()))
        yield f"{text}; jobs put back: {told or 'none'}"


def _some(names):
    return f" ({', '.join(names[:5])}{', ...' if len(names) > 5 else ''})" if names else ""


def damage(findings):
    return (f"{findings.failed_operations} failed git operations, {findings.torn_clones} torn "
            f"clones, {len(findings.lost_jobs)} lost jobs")


def check_lines(findings, journals, locked):
    opened = sum(1 for event in journals.named("breaker") if event.fields["state"] == "open")
    yield (f"overlaps: {len(findings.overlaps_by_clock)} by the workers' clocks, "
           f"{findings.overlaps_by_witness} by the witness files"
           + (f"; fences out of order: {findings.fences_out_of_order}" if locked else ""))
    yield (f"git: {findings.failed_operations} failed operations, {findings.lock_file_errors} of "
           f"them for a .lock file of another git; breakers opened {opened} times")
    yield (f"clones: {findings.half_clones} found half and made anew; of {findings.clones} at the "
           f"end, git fsck --full and three more checks find {len(findings.bad_clones)} damaged")
    for repo, wrong in findings.bad_clones.items():
        yield f"  {repo}: {wrong}"
    yield (f"jobs: {len(findings.lost_jobs)} lost{_some(findings.lost_jobs)}, "
           f"{len(findings.unrecorded)} done without a record{_some(findings.unrecorded)}")


def last_line(findings, options, seconds):
    run = (f"{findings.overlaps} overlaps in {options.jobs} jobs by {options.workers} workers on "
           f"{options.repos} repositories in {seconds:.1f} s")
    return run if options.locked else f"{run} without the lock: {damage(findings)}"


def titles(findings, options):
    """Of the picture, and what stands under it."""
    title = (f"{options.jobs} jobs, {options.workers} workers, {options.repos} git repositories: "
             f"{findings.overlaps} overlaps")
    if options.locked:
        return title, "Who held which repository when, and below it who waited for it."
    return (f"{title} without the lock",
            f"Who worked on which repository when. The damage: {damage(findings)}.")
