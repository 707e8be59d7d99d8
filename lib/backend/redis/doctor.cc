// doctor.cc - what is wrong with the way the servers are set up for locks, each with its remedy.
#include <algorithm>
#include <utility>

#include "backend/host/plain_text.h"
#include "backend/redis/client.h"

namespace repolock::backend::redis {

namespace {

constexpr size_t kQuestions = 4;  // to each server
constexpr char kSlower[] = "waiting is slower, up to a second at each turn: ";

std::string version_of(const Info &info) {
  return "Redis " + (info.version.empty() ? "of unknown version" : info.version) +
         (info.has_append_only ? ", with an append-only file" : "");
}

// What rights.lua answers, in words.
std::string lacking(const Reply &reply, const std::string &key) {
  constexpr size_t kMostSaid = 200;
  std::string commands, rights;
  for (size_t i = 1; i < reply.elements.size(); ++i) {
    commands += (i == 1 ? "" : ", ") + reply.elements[i].text;
    rights += " +" + reply.elements[i].text;
  }
  return " does not let this user run " + plain_text(commands, kMostSaid) + " on keys such as " +
         key + "; give it" + plain_text(rights, kMostSaid) +
         " and a pattern for these keys, or name another one in the URL";
}

}  // namespace

struct Client::Findings {
  uint64_t request;
  Rows rows;
  size_t open = 0;  // questions
};

void Client::diagnose(const repolock_backend_request_t &sent) {
  auto findings = std::make_shared<Findings>();
  findings->request = sent.id;
  findings->open = kQuestions * servers_.size();
  for (const auto &server : servers_) diagnose_server(*server, findings);
}

void Client::found(const std::shared_ptr<Findings> &findings, size_t answers) {
  findings->open -= answers;
  if (findings->open > 0) return;
  if (settings_.address.is_quorum) diagnose_quorum(&findings->rows);
  answer(findings->request, findings->rows);
}

// As any request it waits for the first attempt to connect to end.
void Client::diagnose_server(Server &server, const std::shared_ptr<Findings> &findings) {
  server.node().send(
      {"PING"}, [this, &server, findings, begun = host_.now()](const Outcome &outcome) {
        if (outcome.failure) {
          findings->rows.add_node(server.name(), status_word(outcome.failure->status),
                                  outcome.failure->message);
          return found(findings, kQuestions);
        }
        add_settings(server, &findings->rows);
        constexpr int64_t kRoundTripsInTtl = 50;
        const int64_t round_trip = host_.now() - std::max(begun, outcome.sent_ms);
        if (round_trip * kRoundTripsInTtl > settings_.max_ttl_ms)
          findings->rows.add_node(server.name(), "E_UNAVAILABLE",
                                  "a round trip took " + std::to_string(round_trip) +
                                      " ms, which is long beside a ttl of " +
                                      std::to_string(settings_.max_ttl_ms) +
                                      " ms; use a server that is nearer, or a longer ttl_ms");
        diagnose_messages(server, findings);
        diagnose_rights(server, findings);
        found(findings, 1);
      });
}

// By EVALSHA, as all that locks.
void Client::diagnose_rights(Server &server, const std::shared_ptr<Findings> &findings) {
  const Keys keys = settings_.keys.of("owner/name");
  server.node().run({&script::kRights,
                     {},
                     [keys] { return std::optional(keys.all()); },
                     false,
                     [this, &server, findings, lock = keys.lock](const Outcome &outcome) {
                       if (outcome.failure)
                         findings->rows.add_node(server.name(),
                                                 status_word(outcome.failure->status),
                                                 outcome.failure->message);
                       else if (outcome.reply.elements.size() > 1)
                         findings->rows.add_node(server.name(), "E_DENIED",
                                                 server.name() + lacking(outcome.reply, lock));
                       found(findings, 1);
                     }});
}

void Client::diagnose_messages(Server &server, const std::shared_ptr<Findings> &findings) {
  const auto heard = [this, &server, findings](const Fault &fault) {
    if (fault)
      findings->rows.add_node(server.name(), status_word(fault->status), kSlower + fault->message);
    found(findings, 1);
  };
  server.node().send({"PUBLISH", channel_, ""},
                     [heard](const Outcome &outcome) { heard(outcome.failure); });
  server.subscriber().check(heard);
}

void Client::add_settings(const Server &server, Rows *rows) const {
  const Node &node = server.node();
  const auto add = [&](const char *status, const std::string &message) {
    rows->add_node(node.name(), status, message);
  };
  add("OK", version_of(node.info()));
  if (!node.votes()) add(status_word(node.why().status), node.why().message);
  if (settings_.restart_guard == RestartGuard::kOff)
    add("E_MISCONFIGURED",
        "redis.restart_guard is off: after a restart that loses data a lock that is still held may "
        "be "
        "given to somebody else; leave it at auto");
  else if (servers_.size() == 1 && settings_.restart_guard == RestartGuard::kAuto &&
           !node.info().has_append_only)
    add("E_MISCONFIGURED",
        "the server keeps no append-only file: if a restart loses the guard, whoever comes new may "
        "be "
        "given what is still held, for up to " +
            std::to_string(settings_.cap_ms() / 1000) +
            " s; set appendonly yes, or redis.restart_guard=strict");
}

void Client::diagnose_quorum(Rows *rows) const {
  const size_t count = servers_.size();
  if (count % 2 == 0)
    rows->add_node("", "E_MISCONFIGURED",
                   std::to_string(count) + " servers bear no more failures than " +
                       std::to_string(count - 1) + " do; use an odd number");
  int64_t earliest = INT64_MAX, latest = 0;
  std::string behind, ahead;
  const int64_t now = host_.now();
  for (const auto &server : servers_) {
    const int64_t time = server->node().server_time(now);
    if (time == 0) continue;
    if (time < earliest) behind = server->name();
    if (time > latest) ahead = server->name();
    earliest = std::min(earliest, time);
    latest = std::max(latest, time);
  }
  const int64_t most = settings_.lock_delay_ms / 2;
  if (latest > 0 && latest - earliest > most)
    rows->add_node(behind, "E_MISCONFIGURED",
                   "its clock is " + std::to_string(latest - earliest) + " ms behind that of " +
                       ahead + ", and lock_delay allows for steps of " +
                       std::to_string(settings_.lock_delay_ms) + " ms; look at its time service");
}

}  // namespace repolock::backend::redis
