"""A picture of a run: a row for each repository, who held it when, and below it who waited."""

from html import escape

from checks import by_repo

COLOURS = ["#4477aa", "#ee7733", "#228833", "#cc3377", "#66ccee", "#aa9900", "#8855bb", "#888888"]
RED = "#dd0000"
WIDTH, LEFT, RIGHT, TOP, BOTTOM = 1280, 96, 24, 96, 84
HOLD_HEIGHT, WAIT_HEIGHT, WAIT_GAP, ROW_GAP = 26, 4, 1, 22
TOP_OF = {"clone": 0, "pull": 6, "delete": 14}  # what was done, by the height of its bar
GIVEN_UP, WAITED = 0.3, 0.65                    # opacity

_HEAD = """<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"
     viewBox="0 0 {width} {height}">
<style>
  text {{ font: 12px "DejaVu Sans", Verdana, Helvetica, Arial, sans-serif; fill: #333 }}
  .title {{ font-size: 18px; font-weight: bold; fill: #111 }}
  .repo {{ font-weight: bold; text-anchor: end }}
  .tick {{ text-anchor: middle; fill: #777 }}
  .soft {{ fill: #777 }}
  .note {{ font-size: 11px }}
</style>
<defs><pattern id="orphan" width="5" height="5" patternUnits="userSpaceOnUse"
  patternTransform="rotate(45)"><rect width="2.2" height="5" fill="white"/></pattern></defs>
<rect width="100%" height="100%" fill="white"/>"""


def _bar(x, y, width, height, fill, opacity=1.0, title=""):
    told = f"<title>{escape(title)}</title>" if title else ""
    faded = f' opacity="{opacity:g}"' if opacity < 1 else ""
    return (f'<rect x="{x:.2f}" y="{y:g}" width="{width:.2f}" height="{height:g}" fill="{fill}"'
            f'{faded}>{told}</rect>')


def _text(x, y, words, css=""):
    return f'<text class="{css}" x="{x:.2f}" y="{y:g}">{escape(words)}</text>'


class Picture:
    def __init__(self, journals, fleet, repos):
        self._held = by_repo(journals.operations)
        self._waits = [each for each in journals.operations if each.wait_to > each.wait_from]
        self._fleet = fleet
        self._repos = repos
        self.began = min((each.wait_from for each in journals.operations), default=0)
        self.ended = max([each.end or each.wait_to for each in journals.operations]
                         + [self.began + 1])
        self._parts = []

    def draw(self, title, subtitle, overlaps):
        rows, y, places = [], TOP, {}
        for repo in self._repos:
            lanes, depth = self._lanes(repo)
            height = HOLD_HEIGHT + max(depth, 1) * (WAIT_HEIGHT + WAIT_GAP)
            rows.append((repo, y, height, lanes))
            places[repo] = y
            y += height + ROW_GAP
        bottom = y - ROW_GAP / 2
        self._parts += [_HEAD.format(width=WIDTH, height=int(bottom + BOTTOM)),
                        _text(LEFT, 34, title, "title"), _text(LEFT, 56, subtitle, "soft")]
        self._parts += [_bar(LEFT, y, WIDTH - LEFT - RIGHT, height, "#f5f5f5")
                        for _, y, height, _ in rows]
        self._axis(bottom)
        for row in rows:
            self._row(*row)
        for early, late in overlaps:
            self._overlap(early, late, places[late.repo])
        for kill in self._fleet.kills:
            self._kill(kill, places[kill.repo])
        self._legend(bottom + 46, bool(overlaps))
        return "\n".join([*self._parts, "</svg>", ""])

    def _x(self, at):
        return LEFT + (WIDTH - LEFT - RIGHT) * (at - self.began) / (self.ended - self.began)

    def _timed(self, start, end, y, height, fill, opacity=1.0, title=""):
        x = self._x(start)
        return _bar(x, y, max(0.8, self._x(end) - x), height, fill, opacity, title)

    def _colour(self, pid):
        return COLOURS[self._fleet.slots[pid] % len(COLOURS)]

    def _lanes(self, repo):
        """Each wait in the first lane that is free by then: so the depth is the queue's length."""
        free, placed = [], []
        for wait in sorted((each for each in self._waits if each.repo == repo),
                           key=lambda each: each.wait_from):
            if self._x(wait.wait_to) - self._x(wait.wait_from) < 0.5:
                continue
            lane = next((i for i, until in enumerate(free) if until <= wait.wait_from), len(free))
            free[lane:lane + 1] = [wait.wait_to]
            placed.append((lane, wait))
        return placed, len(free)

    def _row(self, repo, y, _height, lanes):
        self._parts.append(_text(LEFT - 10, y + 17, repo.split("/", 1)[1], "repo"))
        for each in self._held[repo]:
            low = TOP_OF[each.what]
            milliseconds = (each.end - each.granted) / 1e6
            self._parts.append(self._timed(
                each.granted, each.end, y + low, HOLD_HEIGHT - 2 - low, self._colour(each.pid),
                title=f"job {each.job}: {each.what} by worker {self._fleet.slots[each.pid] + 1}, "
                      f"{milliseconds:.0f} ms, fence {each.fence}"))
        for lane, wait in lanes:
            self._parts.append(self._timed(
                wait.wait_from, wait.wait_to, y + HOLD_HEIGHT + lane * (WAIT_HEIGHT + WAIT_GAP),
                WAIT_HEIGHT, self._colour(wait.pid), WAITED if wait.granted else GIVEN_UP))

    def _overlap(self, early, late, y):
        self._parts.append(self._timed(late.granted, min(early.end, late.end), y - 5, 4, RED))

    def _kill(self, kill, y):
        x, survived = self._x(kill.at), kill.survivors.last_seen_ns
        if not kill.with_git:
            self._parts.append(self._timed(kill.at, survived, y, HOLD_HEIGHT - 2, "url(#orphan)"))
        self._parts.append(f'<path d="M{x - 4:.2f} {y - 13} l8 8 m0 -8 l-8 8 M{x:.2f} {y - 7} '
                           f'v{HOLD_HEIGHT + 5}" stroke="black" stroke-width="1.8" fill="none"/>')
        words = "kill -9, with its git" if kill.with_git else "kill -9"
        at = x + 8 if x < WIDTH - 160 else x - 12 - 6.5 * len(words)
        self._parts.append(_text(at, y - 6, words, "note"))

    def _axis(self, bottom):
        seconds = (self.ended - self.began) / 1e9
        step = next(each for each in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000)
                    if seconds / each <= 14)
        for tick in range(int(seconds / step) + 1):
            x = self._x(self.began + tick * step * 1e9)
            self._parts.append(f'<path d="M{x:.2f} {TOP - 8} V{bottom:g}" stroke="#ddd"/>')
            self._parts.append(_text(x, bottom + 16, f"{tick * step:g} s", "tick"))

    def _legend(self, y, overlaps):
        x = LEFT
        for slot in sorted(set(self._fleet.slots.values())):
            self._parts.append(_bar(x, y - 10, 12, 12, COLOURS[slot % len(COLOURS)]))
            self._parts.append(_text(x + 17, y, f"worker {slot + 1}"))
            x += 88
        x, y = LEFT, y + 24
        grey = "#666666"
        samples = [(what, y - 12 + low / 2, 12 - low / 2, grey, 1) for what, low in TOP_OF.items()]
        samples += [("waits", y - 6, 4, grey, WAITED),
                    ("gave up waiting, came back", y - 6, 4, grey, GIVEN_UP)]
        if overlaps:
            samples.append(("two at once", y - 6, 4, RED, 1))
        if any(not kill.with_git for kill in self._fleet.kills):
            samples.append(("the worker is dead, its git is not", y - 12, 12, "url(#orphan)", 1))
        for words, top, height, fill, opacity in samples:
            if fill.startswith("url"):
                self._parts.append(_bar(x, top, 16, height, grey))
            self._parts.append(_bar(x, top, 16, height, fill, opacity))
            self._parts.append(_text(x + 22, y, words, "soft"))
            x += 44 + 7 * len(words)
