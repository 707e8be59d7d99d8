"""Was there ever more than one? The workers' clocks, the witnesses and the clones are asked."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from upstreams import git

_LOCK_FILE = re.compile(r"\.lock\b")


@dataclass
class Findings:
    overlaps_by_clock: list = field(default_factory=list)   # pairs of operations
    overlaps_by_witness: int = 0
    fences_out_of_order: int = 0
    failed_operations: int = 0
    lock_file_errors: int = 0    # of the failed ones
    half_clones: int = 0         # found by a worker, who deleted them
    clones: int = 0              # at the end
    bad_clones: dict = field(default_factory=dict)          # repo -> what is wrong
    lost_jobs: list = field(default_factory=list)
    unrecorded: list = field(default_factory=list)          # snapshots done, but no record saved

    @property
    def overlaps(self):
        """By either count, the operations that began beside another one."""
        return max(len(self.overlaps_by_clock), self.overlaps_by_witness)

    @property
    def torn_clones(self):
        return self.half_clones + len(self.bad_clones)

    @property
    def clean(self):
        return not (self.overlaps or self.fences_out_of_order or self.bad_clones or self.lost_jobs
                    or self.unrecorded)


def by_repo(operations):
    """The operations that held, in the order in which they began."""
    held = defaultdict(list)
    for operation in sorted(operations, key=lambda each: each.granted):
        if operation.granted:
            held[operation.repo].append(operation)
    return held


def overlaps(operations):
    """The operations that began before one on the same repository had ended, each with that one."""
    found = []
    for held in by_repo(operations).values():
        last = None
        for operation in held:
            if last is not None and operation.granted < last.end:
                found.append((last, operation))
            if last is None or operation.end > last.end:
                last = operation
    return found


def fences_out_of_order(operations):
    return sum(1 for held in by_repo(operations).values()
               for before, after in zip(held, held[1:]) if after.fence <= before.fence)


def wrong_with(clone, upstream):
    """In words, or None."""
    head = git("-C", clone, "--git-dir=.git", "rev-parse", "--verify", "HEAD^{commit}")
    if head.returncode != 0:
        return "half a clone"
    fsck = git("-C", clone, "--git-dir=.git", "fsck", "--full")
    if fsck.returncode != 0:
        return f"git fsck: {fsck.stderr.strip().splitlines()[-1:]}"
    left = [path.name for path in (clone / ".git").rglob("*.lock")]
    if left:
        return f"{left[0]} left behind"
    status = git("-C", clone, "--git-dir=.git", "status", "--porcelain")
    if status.returncode != 0 or status.stdout:
        return f"{len(status.stdout.splitlines())} files differ from its commit"
    if git("-C", upstream, "merge-base", "--is-ancestor", head.stdout.strip(), "main").returncode:
        return "its commit is none of upstream's"
    return None


def find(journals, jobs, upstreams, snapshots, records, locked):
    findings = Findings(
        overlaps_by_clock=overlaps(journals.operations),
        overlaps_by_witness=journals.counts["overlap"],
        fences_out_of_order=fences_out_of_order(journals.operations) if locked else 0,
        failed_operations=journals.counts["failed"],
        half_clones=journals.counts["half"])
    findings.lock_file_errors = sum(
        1 for event in journals.named("failed")
        if _LOCK_FILE.search(event.fields.get("message", "")))
    for repo in upstreams.repos:
        clone = Path(snapshots) / repo / "clone"
        if clone.exists():
            findings.clones += 1
            wrong = wrong_with(clone, upstreams.path(repo))
            if wrong:
                findings.bad_clones[repo] = wrong
    done = set(jobs.names("done"))
    findings.lost_jobs = sorted(set(jobs.kinds) - done)
    saved = {line.split()[0] for line in Path(records).read_text().splitlines()} \
        if Path(records).exists() else set()
    findings.unrecorded = sorted(job for job in done
                                 if jobs.kinds[job] == "snapshot" and job not in saved)
    return findings
