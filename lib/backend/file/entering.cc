// entering.cc - an acquire or a break enters the section of its queue, and does there what it can.
#include <algorithm>
#include <utility>

#include "backend/file/client.h"

namespace repolock::backend::file {

namespace {

// A neighbour is inside for microseconds; one that stays was stopped, or the disk is slow.
constexpr int64_t kPatienceMs = 1000;  // of a try, and of a break
constexpr int64_t kSilenceMs = 100;    // then whoever may wait is told that it does

int64_t last_moment(const Request &request) {
  if (request.wait) return request.deadline_ms;
  return std::min(request.deadline_ms, request.started_ms + kPatienceMs);
}

}  // namespace

void Client::start(const repolock_backend_request_t &sent) {
  auto made = std::make_unique<Request>(*this, host_, sent, on_request_timer);
  Request &request = *requests_.emplace(sent.id, std::move(made)).first->second;
  if (!request.is_break()) {
    request.entry.pid_namespace = pid_namespace_;
    request.entry.socket = socket_.id();
  }
  enter(request);
}

// No acquire of this client passes an earlier one of that name: whoever waits for the first before the
// second would wait for ever.
void Client::enter(Request &request) {
  constexpr int kReplacements = 16;
  if (!request.is_break()) {
    auto &entering = entering_[request.repo];
    entering.insert(request.id);
    if (*entering.begin() != request.id) return enter_later(request);
  }
  for (int i = 0; i < kReplacements; ++i) {
    if (!request.file.is_open()) {
      auto found = descriptor_for(request);
      if (const auto *failure = std::get_if<Failure>(&found)) return finish(request, *failure);
      request.file = std::move(std::get<Descriptor>(found));
      if (!request.file.is_open()) return refuse(request, REPOLOCK_E_LOST);
    }
    Section section(request.file.fd(), request.tries > 0);
    if (section.is_busy()) return enter_later(request);
    if (!section.is_inside())
      return finish(request, failure_of(section.error(), "lock", directory_.path_of(request.repo)));
    if (directory_.leads_to(request.repo, request.file))
      return request.is_break() ? break_inside(request, section) : line_up(request, section);
    section.leave();
    request.file.close();
  }
  finish(request, {REPOLOCK_E_UNAVAILABLE, directory_.path_of(request.repo) +
                                               " is replaced by somebody again and again; end that "
                                               "program, lock files are never removed"});
}

Result<Descriptor> Client::descriptor_for(const Request &request) {
  Descriptor idle = names_.take_idle(request.repo);
  if (idle.is_open()) return idle;
  return request.is_break() ? directory_.find(request.repo) : directory_.find_or_make(request.repo);
}

// It has its ticket, or needs none any more: the next one may come.
void Client::entered(const Request &request) {
  const auto found = entering_.find(request.repo);
  if (found == entering_.end() || found->second.erase(request.id) == 0) return;
  if (found->second.empty())
    entering_.erase(found);
  else
    requests_.at(*found->second.begin())->timer.set(host_.now());
}

void Client::enter_later(Request &request) {
  constexpr int kQuick = 50;
  const int64_t now = host_.now();
  const int64_t last = last_moment(request);
  if (now >= last)
    return refuse(request, request.is_break() ? REPOLOCK_E_UNAVAILABLE
                           : request.wait     ? REPOLOCK_E_TIMEOUT
                                              : REPOLOCK_E_HELD);
  if (request.wait && !request.was_told && now - request.started_ms > kSilenceMs) {
    request.was_told = true;
    Rows rows(now);
    if (request.file.is_open()) {
      Queue queue(request.file.fd(), directory_.path_of(request.repo));
      add_holders(request.repo, queue, kTicketEnd, &rows);
    }
    rows.add_waiter(request.repo, request.entry, -1);
    rows.add_finding(directory_.path_of(request.repo), "E_UNAVAILABLE",
                     std::string(kBusySection) + kRemedy);
    host_.waiting(request.id, rows.rows());
  }
  const int64_t delay = request.tries < kQuick ? std::min(1 + request.tries, 5) : kQuick;
  ++request.tries;
  request.timer.set(std::min(now + delay, last));
}

void Client::line_up(Request &request, Section &section) {
  if (host_.now() > request.deadline_ms) {
    section.leave();
    return refuse(request, request.wait ? REPOLOCK_E_TIMEOUT : REPOLOCK_E_HELD);
  }
  const auto fail = [&](const Failure &failure) {
    section.leave();  // before its descriptor may be closed
    finish(request, failure);
  };
  Queue queue(request.file.fd(), directory_.path_of(request.repo));
  const auto found = queue.prepare(request.boot_id);
  if (const auto *failure = std::get_if<Failure>(&found)) return fail(*failure);
  if (std::get<Queue::Found>(found) != Queue::Found::kSound)
    if (const auto fault = directory_.sync(request.repo)) return fail(*fault);
  if (std::get<Queue::Found>(found) == Queue::Found::kDamaged)
    host_.log(REPOLOCK_LOG_WARN, "queue_repaired",
              "the header of " + queue.file().path() +
                  " was damaged; nobody held or waited there, and it was made anew");

  const bool is_free = queue.next_is_free(request.shared);
  if (!is_free && !request.wait) {
    section.leave();
    return refuse(request, REPOLOCK_E_HELD);
  }
  Queue::Before before{};
  request.entry.progress = {};
  request.entry.progress.state = State::kWaiting;
  if (is_free) {
    before = queue.before(queue.header().next);
    request.entry.progress.state = State::kGranted;
    request.entry.progress.granted_ms = host_.now();
    request.entry.progress.fence = before.fence;  // of an exclusive lease it will be its ticket
  }
  if (const auto fault = queue.append(request.entry, &request.slot)) return fail(*fault);
  section.leave();
  entered(request);
  tell_broken(queue, request.repo);
  if (is_free) return grant(request, before.previous);
  wait_in_queue(request, queue);
}

}  // namespace repolock::backend::file
