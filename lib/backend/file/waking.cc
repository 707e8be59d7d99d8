// waking.cc - who is next is told, and nobody else; who was told, or suspects that it may be next,
// looks for itself: the kernel alone says whether it is.
#include <algorithm>
#include <utility>

#include "backend/file/client.h"

namespace repolock::backend::file {

namespace {

// A crash is heard of before the kernel has dropped the lock: look again after so long each.
constexpr int64_t kSuspicionMs[] = {1, 2, 5};
constexpr size_t kLastStep = std::size(kSuspicionMs) - 1;

// Who is far behind need not look so often.
constexpr int64_t kTickMsPerPlace = 50;
constexpr int64_t kMostTickMs = 5000;

}  // namespace

// That ticket, held or waiting until now, is over.
void Client::wake_behind(const std::string &repo, int fd, Ticket over, bool was_shared) {
  Queue queue(fd, directory_.path_of(repo));
  const auto sound = queue.look();
  if (std::holds_alternative<Failure>(sound) || !std::get<bool>(sound)) return;
  bool is_own = false;
  const auto tell = [&](const Entry &entry) {
    if (socket_.is_own(entry.socket)) return is_own = true;
    return socket_.tell(entry.socket, Message::kFree, repo);
  };
  bool frees_shared = !was_shared;  // one shared lease never waits for another
  bool is_first = !was_shared;      // nobody alive is before the entry
  queue.visit(over + 1, kTicketEnd, [&](const Entry &entry) {
    if (entry.broken != 0 || entry.progress.state == State::kEnded) return true;
    if (entry.shared != 0) {
      if (frees_shared && entry.is_waiting()) tell(entry);
      is_first = false;
      return true;
    }
    if (entry.is_waiting() &&
        (is_first || queue.is_free(queue.header().first, entry.ticket, false)) && tell(entry))
      return false;
    if (queue.is_alive(entry.ticket)) return false;  // all the others wait for this one
    frees_shared = true;
    return true;
  });
  if (is_own) look_at(repo);
}

// Our waiters for that name, in their order: where one has to wait, so have all behind it. One that
// gives up its turn calls here again, from inside: it must not go deeper for each that does.
void Client::look_at(const std::string &repo) {
  to_look_at_.insert(repo);
  if (is_looking_) return;
  struct Looking {
    bool &flag;
    ~Looking() { flag = false; }
  } const looking{is_looking_ = true};
  while (!to_look_at_.empty()) {
    const std::string next = to_look_at_.extract(to_look_at_.begin()).value();
    const Name *name = names_.find(next);
    while (name != nullptr && !name->waiting.empty() && take_turn(*name->waiting.begin()->second)) {
    }
  }
}

void Client::look_around() {
  for (const std::string &repo : names_.all()) {
    look_at(repo);
    look_for_broken(repo);
  }
}

void Client::heard(Message message, const std::string &repo) {
  if (message == Message::kLookAround) look_around();
  if (message == Message::kFree) look_at(repo);
  if (message == Message::kBroken) look_for_broken(repo);
}

// Somebody has closed that file: perhaps a holder, by dying.
void Client::closed(const std::string &repo) {
  look_at(repo);
  const Name *name = names_.find(repo);
  if (name == nullptr || name->waiting.empty()) return;
  // Whoever waits right behind another waiter is hardly next: a second look is enough, so that a
  // crowd is not woken four times.
  const Request &request = *name->waiting.begin()->second;
  Queue queue(request.file.fd(), directory_.path_of(repo));
  if (queue.look_again()) return suspect(repo, 0);
  const Entry *neighbour = queue.file().entry(request.entry.ticket - 1);
  const bool is_behind =
      neighbour != nullptr && neighbour->is_waiting() && queue.is_alive(neighbour->ticket);
  suspect(repo, is_behind ? kLastStep : 0);
}

void Client::suspect(const std::string &repo, size_t step) {
  suspects_[repo] = {step, host_.now() + kSuspicionMs[step]};
  int64_t next = INT64_MAX;
  for (const auto &[name, suspect] : suspects_) next = std::min(next, suspect.at_ms);
  suspicion_timer_.set(next);
}

void Client::look_at_suspects() {
  const int64_t now = host_.now();
  int64_t next = INT64_MAX;
  for (auto &[repo, suspect] : std::exchange(suspects_, {})) {
    if (suspect.at_ms <= now) {
      look_at(repo);
      const Name *name = names_.find(repo);
      const bool is_over = name == nullptr || name->waiting.empty() || suspect.step == kLastStep;
      if (is_over) continue;
      ++suspect.step;
      suspect.at_ms = now + kSuspicionMs[suspect.step];
    }
    suspects_[repo] = suspect;
    next = std::min(next, suspect.at_ms);
  }
  suspicion_timer_.set(next);
}

// For what nobody told us: a message that was lost, a crash that could not be watched for, a place
// nearer to the front.
void Client::tick() {
  tick_at_ = INT64_MAX;
  const bool is_blind = std::exchange(is_behind_, false) || socket_.id() == 0;
  for (const std::string &repo : names_.all()) {
    look_at(repo);
    const Name *name = names_.find(repo);
    if (name == nullptr) continue;
    if (!name->waiting.empty()) {
      Queue queue(name->waiting.begin()->second->file.fd(), directory_.path_of(repo));
      tick_within(kMostTickMs);
      if (!queue.look_again()) tell_places(repo, queue, true);
    }
    if (!name->leases.empty() && is_blind) {
      look_for_broken(repo);
      if (socket_.id() == 0) tick_within(kTickMs);
    }
  }
}

void Client::tick_for_place(int64_t place) {
  tick_within(std::min(kTickMs + place * kTickMsPerPlace, kMostTickMs));
}

void Client::tick_within(int64_t ms) {
  const int64_t at = host_.now() + ms;
  if (at >= tick_at_) return;
  tick_at_ = at;
  tick_timer_.set(at);
}

}  // namespace repolock::backend::file
