"""The main job: workers clone, pull and delete the same git repositories, and never overlap.

    python3 bindings/c/examples/demo --build build [--lock off] [--help]

--url redis:auto does it on a Redis server of the demo's own, and kills that too; --url quorum:auto on
five, of which one is killed.

Exit status: 0 all is well, 1 it is not, 130 Ctrl-C. With --lock off the damage is what one came
for, and no reason for a 1."""

import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

sys.dont_write_bytecode = True  # the source tree stays as it is

import checks
import options as command_line
import report
import servers as servers_module
import upstreams as upstreams_module
from fleet import Fleet, WorkerDied
from jobs import Jobs
from journal import Journals
from mishaps import Mishaps
from picture import Picture
from progress import Progress

TICK_S = 0.02
GIT_ENVIRONMENT = {
    "LC_ALL": "C", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "Author", "GIT_AUTHOR_EMAIL": "author@example.org",
    "GIT_COMMITTER_NAME": "Author", "GIT_COMMITTER_EMAIL": "author@example.org"}


def find_worker(options):
    worker = options.worker or f"{options.build}/bin/snapshot_worker"
    if os.access(worker, os.X_OK):
        return worker
    raise SystemExit(f"demo: there is no program {worker}: build it with make, or name another one "
                     f"with --worker")


def worker_arguments(options, home, servers):
    arguments = [find_worker(options), "--jobs", f"{home}/jobs", "--snapshots", f"{home}/snapshots",
                 "--upstreams", f"file://{quote(home)}/upstreams", "--records", f"{home}/records",
                 "--wait", str(options.wait), "--idle", "20000"]
    if not options.locked:
        return arguments + ["--no-lock"]
    # Not the default directory of file: another demo beside this one has the same names.
    url = options.url or f"file://{quote(home)}/locks"
    settings = []
    if options.on_redis:
        settings.append(f"ttl_ms={servers_module.TTL_MS}")
    if servers:
        url = servers.url
        settings += servers.options
    for setting in settings:
        arguments += ["--option", setting]
    return arguments + ["--backend", url]


def run_jobs(options, fleet, jobs, journals, mishaps, author, progress):
    """Until all are over, or the time is."""
    began = time.monotonic()
    while True:
        journals.read()
        over, seconds = jobs.over(), time.monotonic() - began
        progress.show(f"{seconds:5.1f} s  {over:4}/{options.jobs} jobs  {len(fleet)} workers  "
                      f"{journals.retries()} retries  {author.pushes} pushes upstream")
        if over == options.jobs or seconds > options.seconds:
            return seconds
        mishaps.happen(over, journals)
        fleet.check()
        time.sleep(TICK_S)


def demo(options, home, servers, progress):
    jobs = Jobs(f"{home}/jobs")
    upstreams = upstreams_module.Upstreams(f"{home}/upstreams",
                                           upstreams_module.names(options.repos), options.seed)
    progress.say(f"making {options.repos} repositories with a history, in {home}")
    upstreams.make()
    jobs.fill(options.jobs, upstreams.repos, options.seed)
    for directory in ("snapshots", "journals"):
        os.mkdir(f"{home}/{directory}")
    journals = Journals(f"{home}/journals")
    author = upstreams_module.Author(upstreams, f"{home}/author")
    if servers:
        servers.start()
        progress.say(f"started {servers.told}, at {servers.url}")
    if options.on_redis:
        progress.say(f"ttl {servers_module.TTL_MS / 1000:g} s: so long and a second more a killed "
                     f"worker blocks its repository, for nothing tells Redis that it is dead")
    fleet = Fleet(worker_arguments(options, home, servers), options.workers, home)
    try:
        mishaps = Mishaps(options, fleet, servers, jobs, upstreams, progress)
        author.start()
        seconds = run_jobs(options, fleet, jobs, journals, mishaps, author, progress)
        mishaps.end_outages()
        orderly = fleet.stop()
    finally:
        fleet.destroy()
        author.stop()
    journals.read()
    for kill in fleet.kills:
        kill.survivors.join()
        journals.killed(kill.pid, kill.survivors.last_seen_ns)
    findings = checks.find(journals, jobs, upstreams, f"{home}/snapshots", f"{home}/records",
                           options.locked)
    tell(options, progress, journals, fleet, servers, upstreams.repos, findings, seconds)
    return 0 if not options.locked or (findings.clean and orderly) else 1


def tell(options, progress, journals, fleet, servers, repos, findings, seconds):
    picture = Picture(journals, fleet, repos)
    path = Path(options.build) / ("demo.svg" if options.locked else "demo-without-lock.svg")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(picture.draw(*report.titles(findings, options), findings.overlaps_by_clock))
    progress.say("")
    print(report.table(journals, repos), end="\n\n")
    for line in report.kill_lines(fleet.kills, journals, picture.began, options.on_redis):
        print(line)
    for line in report.outage_lines(servers, journals, picture.began):
        print(line)
    for line in report.check_lines(findings, journals, options.locked):
        print(line)
    print(f"picture: {path}")
    print(report.last_line(findings, options, seconds))


def end_as_interrupted(number, _frame):
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)  # the cleaning up goes to its end
    raise KeyboardInterrupt(number)


def main():
    options = command_line.read(sys.argv[1:])
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, end_as_interrupted)
    os.environ.update(GIT_ENVIRONMENT)
    count = servers_module.wanted_by(options.url) if options.locked else 0
    progress = Progress()
    home = tempfile.mkdtemp(prefix="repolock-demo-")
    servers = servers_module.Servers(count, home)
    try:
        return demo(options, home, servers, progress)
    except WorkerDied as died:
        print(f"demo: {died}", file=sys.stderr)
        return 1
    except KeyboardInterrupt as interrupt:
        print("\ndemo: interrupted, the workers are stopped", file=sys.stderr)
        return 128 + interrupt.args[0]
    finally:
        servers.destroy()
        if options.keep:
            print(f"kept: {home}")
        else:
            shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
