// repolock top - `repolock ls` again and again; on a terminal, in one place.

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "client.h"
#include "clock.h"
#include "console.h"
#include "duration.h"
#include "exit_codes.h"
#include "failure.h"
#include "listing.h"
#include "screen.h"
#include "signals.h"
#include "subcommands.h"
#include "text.h"

namespace repolock::shell {
namespace {

constexpr int64_t kLeastDelay = 100;

struct TopOptions {
  int64_t delay_ms = 1000;
  int64_t count = INT64_MAX;  // how often
};

TopOptions parse_top(Common &common, int argc, char **argv) {
  TopOptions top;
  const std::vector<Option> options = {
      {'d', "delay", "TIME", "from one time to the next; 1s if left out, 100ms at least",
       [&top](const char *value) {
         top.delay_ms = std::max(duration_value(kTop, "--delay", value), kLeastDelay);
       }},
      {'n', "count", "N", "how often; without it, until it is ended",
       [&top](const char *value) {
         top.count = number_value(kTop, "--count", value, 1, INT32_MAX);
       }},
  };
  no_words(kTop, parse(kTop, common, options, argc, argv));
  return top;
}

bool can_redraw() {
  const char *kind = std::getenv("TERM");
  return isatty(STDOUT_FILENO) && kind && *kind && std::strcmp(kind, "dumb") != 0;
}

class Top {
 public:
  Top(const Common &common, const TopOptions &options)
      : common_(common), options_(options), client_(open_client(make_config(common))) {}

  int watch() {
    int64_t due = now_ms();
    for (int64_t shown = 0;;) {
      look(shown == 0);
      show();
      if (++shown == options_.count) return leave();
      due = std::max(due + options_.delay_ms, now_ms());
      if (const auto end = pause(due)) return *end;
    }
  }

 private:
  // The last picture stays.
  int leave() {
    if (screen_) {
      screen_.reset();
      show();
    }
    return kExitDone;
  }

  // A backend that is away may come back; but not to be there at the beginning is a mistake.
  void look(bool is_first) {
    try {
      repos_ = by_repo(rows_of(inspect(client_, "")));
      trouble_.reset();
    } catch (const Failure &failure) {
      if (is_first || failure.exit_code != kExitUnavailable) throw;
      trouble_ = failure;
    }
    if (!is_first || common_.json || !can_redraw()) return;
    screen_.emplace();
    keys_ = screen_->keys();
  }

  void show() {
    if (screen_) return screen_->draw(heading() + "\n\n" + listing_text(repos_, common_.quiet));
    if (trouble_) return tell_event(common_.json, "trouble", trouble_->message);
    if (common_.json) {
      return print(JsonObject().raw("locks", json_array(listing_json(repos_))).str() + "\n");
    }
    print((std::exchange(separated_, true) ? "\n" : "") + listing_text(repos_, common_.quiet));
  }

  std::string heading() const {
    if (trouble_) return printable(trouble_->message) + "; this is what was before:";
    size_t held = 0, waiters = 0;
    for (const auto &repo : repos_) {
      held += repo.holders.empty() ? 0 : 1;
      waiters += repo.waiters.size();
    }
    return "repolock: " + std::to_string(held) + " held, " + std::to_string(waiters) +
           " waiting; every " + span_text(options_.delay_ms) + ", q ends";
  }

  // Until it is time to look again, or with what it ends.
  std::optional<int> pause(int64_t due) {
    for (;;) {
      const int64_t left = std::max<int64_t>(due - now_ms(), 0);
      pollfd ready[] = {{signals_.fd(), POLLIN, 0}, {keys_, POLLIN, 0}};
      poll(ready, 2, static_cast<int>(std::min<int64_t>(left, 60'000)));
      if (const auto end = obey(signals_.next())) return end;
      if (ready[1].revents && is_quit()) return kExitDone;  // what follows Ctrl-C is the shell's
      if (left == 0) return std::nullopt;
    }
  }

  bool is_quit() {
    char key;
    if (read(keys_, &key, 1) == 1) return key == 'q' || key == 'Q';
    keys_ = -1;
    return false;
  }

  std::optional<int> obey(int signo) {
    if (signo == SIGINT) return kExitDone;
    if (is_ending(signo)) return kExitSignal + signo;
    if (signo == SIGTSTP) {
      if (screen_) screen_->give_back();
      signals_.stop_group(SIGTSTP);
    }
    if (screen_ && (signo == SIGTSTP || signo == SIGCONT)) screen_->take();
    if (screen_ && signo) show();
    return std::nullopt;
  }

  const Common &common_;
  const TopOptions options_;
  const Signals signals_{{}};  // before the client and its thread
  const Client client_;
  std::vector<RepoRows> repos_;
  std::optional<Failure> trouble_;
  std::optional<Screen> screen_;
  int keys_ = -1;
  bool separated_ = false;
};

int top(Common &common, int argc, char **argv) {
  const TopOptions options = parse_top(common, argc, argv);
  return Top(common, options).watch();
}

}  // namespace

const Subcommand kTop = {
    .name = "top",
    .operands = "",
    .summary = "the same as ls, kept up to date",
    .manual =
        R"(Shows what 'repolock ls' shows, again each second. On a terminal it does so in one place, until q
or Ctrl-C is pressed, and ends with 0. Elsewhere it prints one table after the other, with an
empty line between; with --json one line each time, {"locks":[...]}.
)",
    .examples = R"(  repolock top
  repolock top -d 5m --json >>/var/log/repolock.jsonl
)",
    .takes_command = false,
    .run = top,
};

}  // namespace repolock::shell
