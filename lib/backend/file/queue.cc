// queue.cc - asking.
#include "backend/file/queue.h"

#include <algorithm>

#include "port/file_lock.h"

namespace repolock::backend::file {

int64_t byte_of(Ticket ticket) {
  return kTicketBytes + static_cast<int64_t>(ticket);
}

Result<bool> Queue::look() {
  const auto read = file_.read();
  if (const auto *failure = std::get_if<Failure>(&read)) return *failure;
  if (std::get<Soundness>(read) == Soundness::kForeign) return foreign();
  return std::get<Soundness>(read) == Soundness::kSound;
}

Fault Queue::look_again() {
  const auto sound = look();
  if (const auto *failure = std::get_if<Failure>(&sound)) return *failure;
  if (std::get<bool>(sound)) return std::nullopt;
  return Failure{REPOLOCK_E_IO, "the header of " + file_.path() +
                                    " was damaged by somebody; it is made anew when nobody holds "
                                    "or waits there"};
}

Failure Queue::foreign() const {
  return {REPOLOCK_E_MISCONFIGURED,
          file_.path() + " is not a lock file of this version of librepolock; move it away"};
}

bool Queue::is_free(Ticket first, Ticket ticket, bool shared) {
  const auto kind = shared ? port::FileLock::kShared : port::FileLock::kExclusive;
  int64_t found = 0;
  if (port::find_lock(file_.fd(), byte_of(first), byte_of(ticket), kind, &found) != 0) return false;
  if (found < 0) return true;
  // In the way is what the kernel still holds for a lease that was broken: it does not count.
  const Ticket other = static_cast<Ticket>(found - kTicketBytes);
  const auto sound = look();
  if (std::holds_alternative<Failure>(sound) || !std::get<bool>(sound)) return false;
  if (other < header().first) return is_free(header().first, ticket, shared);
  const Entry *entry = file_.entry(other);
  if (entry == nullptr || entry->broken == 0) return false;
  broken_.push_back(entry->socket);
  return is_free(first, other, shared) && is_free(other + 1, ticket, shared);
}

bool Queue::is_alive(Ticket ticket) {
  int64_t found = 0;
  const int error = port::find_lock(file_.fd(), byte_of(ticket), byte_of(ticket + 1),
                                    port::FileLock::kExclusive, &found);
  return error != 0 || found >= 0;
}

// How one ended whose byte was seen not to be locked. Its process writes that before it unlocks, so
// an entry that was read earlier, and knows of no end, is read again.
int32_t Queue::outcome_of(const Entry &over) {
  if (over.progress.state == State::kEnded || over.broken != 0) return over.outcome();
  file_.forget();
  const Entry *now = file_.entry(over.ticket);
  return (now == nullptr ? over : *now).outcome();
}

Queue::Before Queue::before(Ticket ticket) {
  Before result = {header().previous, header().fence};
  const auto is_the_one = [&](const Entry &entry) {
    const int32_t outcome = entry.shared != 0 ? REPOLOCK_PREVIOUS_NONE : outcome_of(entry);
    if (outcome == REPOLOCK_PREVIOUS_NONE) return true;
    result = {outcome, entry.ticket};
    return false;
  };
  visit(0, ticket, is_the_one, true);
  return result;
}

// More tickets than slots: most of them have no entry any more.
std::vector<Ticket> Queue::tickets_in(Ticket from, Ticket to) {
  std::vector<Ticket> tickets;
  for (Ticket slot = 0; slot < kRing; ++slot) {
    const Ticket ticket = file_.slot(slot).ticket;
    if (ticket >= from && ticket < to && file_.slot_of(ticket) == slot) tickets.push_back(ticket);
  }
  std::sort(tickets.begin(), tickets.end());
  return tickets;
}

}  // namespace repolock::backend::file
