// asking.cc - who holds and who waits, and what is wrong with the set-up.
#include <sys/statvfs.h>

#include <cerrno>
#include <utility>

#include "backend/file/client.h"
#include "port/filesystem.h"

namespace repolock::backend::file {

void Client::inspect(const repolock_backend_request_t &sent) {
  Rows rows(host_.now());
  Fault fault;
  if (sent.claim_count > 0)
    fault = add_rows(claim_at(sent, 0).repo, &rows);
  else
    directory_.each_name([&](const std::string &repo) {
      if (auto one = add_rows(repo, &rows)) fault = one;
    });
  if (fault && rows.rows().empty()) return host_.fail(sent.id, *fault);
  host_.answer(sent.id, rows.rows());
}

// Without the section: it shows what is there, and waits for nobody.
Fault Client::add_rows(const std::string &repo, Rows *rows) {
  auto found = directory_.find_to_read(repo);
  if (auto *failure = std::get_if<Failure>(&found)) return std::move(*failure);
  const Descriptor file = std::move(std::get<Descriptor>(found));
  if (!file.is_open()) return std::nullopt;
  Queue queue(file.fd(), directory_.path_of(repo));
  const auto sound = queue.look();
  if (const auto *failure = std::get_if<Failure>(&sound)) return *failure;
  if (!std::get<bool>(sound)) return std::nullopt;
  std::vector<Entry> waiters;
  queue.visit(0, kTicketEnd, [&](const Entry &entry) {
    if (entry.progress.state == State::kEnded || !queue.counts(entry)) return true;
    if (entry.is_granted())
      rows->add_holder(repo, entry);
    else
      waiters.push_back(entry);
    return true;
  });
  int64_t place = 0;
  for (const Entry &entry : waiters) rows->add_waiter(repo, entry, ++place);
  return std::nullopt;
}

void Client::add_holders(const std::string &repo, Queue &queue, Ticket until, Rows *rows) {
  const auto sound = queue.look();
  if (std::holds_alternative<Failure>(sound) || !std::get<bool>(sound)) return;
  queue.visit(0, until, [&](const Entry &entry) {
    if (entry.is_granted() && queue.counts(entry)) rows->add_holder(repo, entry);
    return true;
  });
}

void Client::diagnose(const repolock_backend_request_t &sent) {
  Rows rows(host_.now());
  const std::string &path = directory_.path();
  const auto add = [&](const Fault &fault) {
    if (fault) rows.add_finding(path, status_word(fault->status), fault->message);
  };
  port::Filesystem filesystem;
  const int error = port::filesystem_of(directory_.fd(), &filesystem);
  if (error == 0) {
    std::string where = "locks are kept here";
    if (filesystem.name[0] != '\0') where += std::string(" on ") + filesystem.name;
    if (filesystem.is_volatile)
      where += "; it is empty after a restart, and fences then go on from the clock";
    rows.add_finding(path, "OK", where);
  } else {
    add(failure_of(error, "tell the file system of", path));
  }
  struct statvfs space {};
  if (statvfs(path.c_str(), &space) == 0 && (space.f_bavail == 0 || space.f_favail == 0))
    if (space.f_blocks > 0) add(failure_of(ENOSPC, "make new lock files in", path));
  add(socket_.check());
  add(crash_watch_.check());
  directory_.each_name([&](const std::string &repo) {
    const auto found = directory_.find(repo);
    if (const auto *failure = std::get_if<Failure>(&found)) add(*failure);
  });
  host_.answer(sent.id, rows.rows());
}

}  // namespace repolock::backend::file
