// waiting.cc - from the ticket to the grant, or to giving up.
#include <algorithm>
#include <utility>

#include "backend/file/client.h"
#include "port/file_lock.h"

namespace repolock::backend::file {

namespace {

// Nobody holds it, but the first waiter who is alive does not take it; "" where there is none.
std::string next_in_line(Queue &queue) {
  std::string words;
  queue.visit(0, kTicketEnd, [&](const Entry &entry) {
    if (!entry.is_waiting() || !queue.is_alive(entry.ticket)) return true;
    words = "pid " + std::to_string(entry.pid) + " is next and does not take its turn";
    return false;
  });
  return words;
}

}  // namespace

// It stands in the queue for all to see, and watches for crashes, before it looks whether it is its
// turn: whoever goes later than this look sees it and tells it (README.md, no wake-up is lost).
void Client::wait_in_queue(Request &request, Queue &queue) {
  request.first = queue.header().first;
  request.was_in_queue = true;
  names_[request.repo].waiting.emplace(request.entry.ticket, &request);
  crash_watch_.add(request.repo, directory_.path_of(request.repo), request.file.inode());
  request.timer.set(request.deadline_ms);
  if (!take_turn(request)) tell_places(request.repo, queue, false);
}

// Grants it if nobody is in its way. Whether it is out of the queue, for whatever reason.
bool Client::take_turn(Request &request) {
  Queue queue(request.file.fd(), directory_.path_of(request.repo));
  if (!queue.is_free(request.first, request.entry.ticket, request.shared)) return false;
  const int64_t now = host_.now();
  if (now > request.deadline_ms) {
    leave_queue(request);
    refuse(request, REPOLOCK_E_TIMEOUT);
    return true;
  }
  if (!directory_.leads_to(request.repo, request.file)) {
    start_again(request);
    return true;
  }
  Fault fault = queue.look_again();
  Queue::Before before{};
  if (!fault) {
    before = queue.before(request.entry.ticket);
    Progress &progress = request.entry.progress;
    progress.state = State::kGranted;
    progress.granted_ms = now;
    if (request.shared) progress.fence = before.fence;
    fault = queue.file().write_progress(request.slot, progress);
  }
  if (fault) {
    leave_queue(request);
    finish(request, *fault);
  } else {
    tell_broken(queue, request.repo);
    grant(request, before.previous);
  }
  return true;
}

void Client::leave_queue(Request &request) {
  if (!request.is_in_queue()) return;
  const Ticket ticket = std::exchange(request.entry.ticket, 0);
  names_[request.repo].waiting.erase(ticket);
  give_up(request, ticket);
  // It may have been told already that it is its turn, or shared ones may have waited for it alone.
  wake_behind(request.repo, request.file.fd(), ticket, false);
}

void Client::give_up(const Request &request, Ticket ticket) {
  // If that cannot be written, the kernel's word is enough.
  QueueFile(request.file.fd(), "").write_end(request.slot, REPOLOCK_PREVIOUS_NONE);
  port::unlock_byte(request.file.fd(), byte_of(ticket));
}

// Somebody has removed the file, so the others stand in the queue of another one.
void Client::start_again(Request &request) {
  leave_queue(request);
  request.file.close();
  request.told_place = 0;
  host_.log(REPOLOCK_LOG_WARN, "lock_file_replaced",
            directory_.path_of(request.repo) +
                " was removed while somebody waited there; lock files are never to be removed");
  enter(request);
}

// Tells each waiter of that name whose place or holder has changed; one look serves them all. Whether
// those in front are alive is asked when there is time for it, and of so many only.
void Client::tell_places(const std::string &repo, Queue &queue, bool has_time) {
  constexpr int64_t kMostAsked = 64;
  const auto &waiting = names_[repo].waiting;
  std::vector<Entry> holders;
  int64_t place = 0;
  queue.visit(0, waiting.rbegin()->first + 1, [&](const Entry &entry) {
    if (entry.is_granted() && queue.counts(entry)) holders.push_back(entry);
    if (!entry.is_waiting()) return true;
    const auto own = waiting.find(entry.ticket);
    if (own == waiting.end() && has_time && place < kMostAsked && !queue.is_alive(entry.ticket))
      return true;
    ++place;
    if (own == waiting.end()) return true;
    if (own == waiting.begin()) tick_for_place(place);
    Request &request = *own->second;
    const Ticket holder = holders.empty() ? 0 : holders.front().ticket;
    if (request.told_place == place && request.told_holder == holder) return true;
    request.told_place = place;
    request.told_holder = holder;
    Rows rows(host_.now());
    for (const Entry &one : holders) rows.add_holder(repo, one);
    rows.add_waiter(repo, request.entry, place);
    host_.waiting(request.id, rows.rows());
    return true;
  });
}

void Client::grant(Request &request, int32_t previous) {
  std::vector<repolock_grant_t> grants = {new_grant(REPOLOCK_OK)};
  Name &name = names_[request.repo];
  Lease &lease = name.leases[request.lease_id];
  // Until here memory may run out, and a waiter is one as before. From here on it holds.
  name.waiting.erase(request.entry.ticket);
  lease = {std::move(request.file), request.entry.ticket, request.slot, request.shared, false};
  if (request.entry.socket == 0) tick_within(kTickMs);  // nobody can tell us of a break
  repolock_grant_t &grant = grants.front();
  grant.previous = previous;
  grant.fence = request.entry.progress.fence;
  grant.valid_until_ms = INT64_MAX;
  grant.inherit_fd = lease.file.fd();
  host_.answer(request.id, grants);
  drop(request);
}

// HELD, TIMEOUT, and of a break LOST or UNAVAILABLE: with those who are in the way, and what is wrong
// where that is not simply a holder.
void Client::refuse(Request &request, repolock_status_t status) {
  Rows rows(host_.now());
  std::string why = request.repo + " was not free in time; try again later or wait longer";
  if (status == REPOLOCK_E_HELD)
    why = request.repo + " is held by somebody else; try again later or allow a wait";
  if (request.is_break())
    why = "lease " + request.lease_id + " does not hold " + request.repo + "; look again who does";
  if (request.file.is_open() && status != REPOLOCK_E_LOST) {
    const std::string path = directory_.path_of(request.repo);
    Queue queue(request.file.fd(), path);
    add_holders(request.repo, queue, kTicketEnd, &rows);
    std::string stuck;
    if (!request.was_in_queue)
      stuck = request.tries == 0 ? "" : kBusySection;
    else if (rows.rows().empty())
      stuck = next_in_line(queue);
    if (!stuck.empty()) {
      stuck += kRemedy;
      rows.add_finding(path, "E_UNAVAILABLE", stuck);
      why = path + ": " + stuck;
    }
  }
  finish(request, {status, why}, &rows);
}

}  // namespace repolock::backend::file
