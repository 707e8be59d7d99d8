// doctor.cc - what is wrong with the way a server is set up for locks, each with its remedy.
#include <utility>

#include "backend/redis/client.h"

namespace repolock::backend::redis {

namespace {

std::string version_of(const Info &info) {
  return "Redis " + (info.version.empty() ? "of unknown version" : info.version) +
         (info.has_append_only ? ", with an append-only file" : "");
}

}  // namespace

// First whatever has to be asked of the server; what is known already is added at the end.
void Client::diagnose(const repolock_backend_request_t &sent) {
  auto rows = std::make_shared<Rows>();
  const uint64_t request = sent.id;
  const auto begun = host_.now();
  // A script that does nothing waits, as any request, for the first attempt to connect to end.
  node_.run({&script::kInspect, Keys(settings_.prefix, "doctor").all(),
             [] { return std::optional(std::vector<std::string>{"1"}); }, false,
             [this, request, rows, begun](const Outcome &outcome) {
               if (outcome.failure) {
                 rows->add_node(node_.name(), status_word(outcome.failure->status),
                                outcome.failure->message);
                 return answer(request, *rows);
               }
               const int64_t round_trip = host_.now() - std::max(begun, outcome.sent_ms);
               diagnose_messages(request, rows, round_trip);
             }});
}

void Client::diagnose_messages(uint64_t request, const std::shared_ptr<Rows> &rows,
                               int64_t round_trip) {
  node_.send({"PUBLISH", channel_, ""}, [this, request, rows, round_trip](const Outcome &outcome) {
    const auto add = [&](const Failure &why) {
      rows->add_node(node_.name(), status_word(why.status), why.message);
    };
    if (outcome.failure)
      add({outcome.failure->status,
           "waiting is slower, up to a second at each turn: " + outcome.failure->message});
    subscriber_.check([this, request, rows, round_trip](const Fault &fault) {
      if (fault)
        rows->add_node(node_.name(), status_word(fault->status),
                       "waiting is slower, up to a second at each turn: " + fault->message);
      diagnose_server(rows.get(), round_trip);
      answer(request, *rows);
    });
  });
}

void Client::diagnose_server(Rows *rows, int64_t round_trip) const {
  const Info &info = node_.info();
  const auto add = [&](const char *status, const std::string &message) {
    rows->add_node(node_.name(), status, message);
  };
  add("OK", version_of(info));
  if (!node_.votes()) add(status_word(node_.why().status), node_.why().message);
  if (settings_.restart_guard == RestartGuard::kOff)
    add("E_MISCONFIGURED",
        "redis.restart_guard is off: after a restart that loses data a lock that is still held may "
        "be "
        "given to somebody else; leave it at auto");
  else if (settings_.restart_guard == RestartGuard::kAuto && !info.has_append_only)
    add("E_MISCONFIGURED",
        "the server keeps no append-only file: if a restart loses the guard, whoever comes new may "
        "be "
        "given what is still held, for up to " +
            std::to_string(settings_.cap_ms() / 1000) +
            " s; set appendonly yes, or redis.restart_guard=strict");
  constexpr int64_t kRoundTripsInTtl = 50;
  if (round_trip * kRoundTripsInTtl > settings_.max_ttl_ms)
    add("E_UNAVAILABLE", "a round trip took " + std::to_string(round_trip) +
                             " ms, which is long beside a ttl of " +
                             std::to_string(settings_.max_ttl_ms) +
                             " ms; use a server that is nearer, or a longer ttl_ms");
}

}  // namespace repolock::backend::redis
