// asking.cc - who holds and who waits, of one name or of all.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "backend/redis/client.h"
#include "backend/redis/failures.h"

namespace repolock::backend::redis {

namespace {

constexpr size_t kMostNames = 10'000;
constexpr char kMostWaiters[] = "1000";

}  // namespace

// What the servers tell of one name, put together.
struct Name {
  struct Holder {
    std::string text;
    bool shared = false;
    size_t servers = 0;  // that have it
    int64_t left = 0;    // of the longest
    int64_t now = 0;     // by whom it was told
  };
  std::map<std::string, Holder> holders;  // by lease id, or by a foreign value
  std::vector<std::pair<std::string, bool>> waiters;
  int64_t fence = -1;
  int64_t now = 0;

  void add(const Reply &reply) {
    if (reply.elements.size() < 5) return;
    now = reply.number_at(1);
    if (const auto record = read_fence_record(reply.text_at(2)))
      fence = std::max(fence, static_cast<int64_t>(record->fence));
    for (const Reply &row : reply.elements[3].elements) {
      const std::string text(row.text_at(1));
      const auto lease = read_lease_record(text);
      Holder &holder = holders[lease ? lease->lease_id : text];
      holder.text = text;
      holder.shared = row.text_at(0) == "s";
      holder.left = std::max(holder.left, row.number_at(2) < 0 ? INT64_MAX : row.number_at(2));
      holder.now = now;
      ++holder.servers;
    }
    const auto &rows = reply.elements[4].elements;
    if (rows.size() <= waiters.size()) return;  // the queue is at one of them
    waiters.clear();
    for (const Reply &row : rows)
      waiters.emplace_back(std::string(row.text_at(1)), row.text_at(0) == "s");
  }

  // Of a quorum whoever has fewer servers holds nothing: it is about to have, or had it.
  void tell(const std::string &repo, size_t servers, size_t quorum, Rows *rows) const {
    for (const auto &[id, holder] : holders) {
      if (holder.servers < quorum) continue;
      const auto lease = read_lease_record(holder.text);
      if (!lease) {
        rows->add_foreign(repo, holder.text, holder.left);
        continue;
      }
      rows->add_holder(repo, *lease, holder.shared, fence, holder.now, holder.left);
      if (servers > 1) rows->say_margin(holder.servers, servers, quorum);
    }
    int64_t place = 0;
    for (const auto &[text, shared] : waiters) {
      ++place;
      if (const auto lease = read_lease_record(text))
        rows->add_waiter(repo, *lease, shared, place, now - lease->since);
    }
  }
};

struct Client::Inspection {
  uint64_t request;
  bool is_of_all = false;
  std::set<std::string> names;
  std::map<std::string, Name> found;
  size_t unanswered = 0;
  std::map<size_t, Failure> failures;  // by server
};

void Client::inspect(const repolock_backend_request_t &sent) {
  auto inspection = std::make_shared<Inspection>();
  inspection->request = sent.id;
  if (sent.claim_count > 0) {
    inspection->names.insert(sent.claims[0].repo);
    return inspect_names(inspection);
  }
  inspection->is_of_all = true;
  inspection->unanswered = servers_.size();
  for (const auto &server : servers_) list(*server, "0", inspection);
}

// The names of which a server knows anything that matters now.
void Client::list(Server &server, const std::string &cursor,
                  const std::shared_ptr<Inspection> &inspection) {
  server.node().send({"SCAN", cursor, "MATCH", settings_.keys.pattern(), "COUNT", "1000"},
                     [this, &server, inspection](const Outcome &outcome) {
                       if (outcome.failure)
                         inspection->failures[server.index()] = *outcome.failure;
                       else if (outcome.reply.elements.size() > 1)
                         for (const Reply &key : outcome.reply.elements[1].elements)
                           if (auto name = settings_.keys.name_in(key.text); !name.empty())
                             inspection->names.insert(std::move(name));
                       const std::string next(outcome.reply.text_at(0));
                       if (!next.empty() && next != "0" && inspection->names.size() < kMostNames)
                         return list(server, next, inspection);
                       if (--inspection->unanswered == 0) inspect_names(inspection);
                     });
}

void Client::inspect_names(const std::shared_ptr<Inspection> &inspection) {
  const auto done = [this, inspection] {
    Rows rows(settings_.lock_delay_ms);
    for (const auto &[name, found] : inspection->found)
      found.tell(name, servers_.size(), quorum(), &rows);
    for (const auto &[index, failure] : inspection->failures)
      rows.add_node(server(index).name(), status_word(failure.status), failure.message);
    Failures failures;
    for (const auto &[index, failure] : inspection->failures) failures.add(failure);
    if (failures.count() > servers_.size() - quorum())
      return fail(inspection->request, failures.sum(servers_.size(), quorum()), &rows);
    answer(inspection->request, rows);
  };
  inspection->unanswered = inspection->names.size() * servers_.size();
  if (inspection->names.empty()) return done();
  const std::set<std::string> names = inspection->names;
  // Among keys that are not the library's alone some may be no locks.
  const bool passes_over = inspection->is_of_all && settings_.keys.is_shared_with_others();
  for (const std::string &name : names)
    for (const auto &server : servers_)
      server->node().run(
          {&script::kInspect, settings_.keys.of(name).all(),
           [] { return std::optional(std::vector<std::string>{kMostWaiters}); }, false,
           [inspection, name, passes_over, index = server->index(), done](const Outcome &outcome) {
             const bool is_no_lock = passes_over && outcome.failure &&
                                     outcome.failure->status == REPOLOCK_E_MISCONFIGURED;
             if (outcome.failure && !is_no_lock)
               inspection->failures[index] = *outcome.failure;
             else if (!outcome.failure)
               inspection->found[name].add(outcome.reply);
             if (--inspection->unanswered == 0) done();
           }});
}

}  // namespace repolock::backend::redis
