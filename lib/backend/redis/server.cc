#include "backend/redis/server.h"

#include <utility>

namespace repolock::backend::redis {

Server::Server(Host &host, const Settings &settings, size_t index, const std::string &channel,
               const Connect &connect, Owner &owner)
    : host_(host),
      settings_(settings),
      index_(index),
      owner_(owner),
      node_(host, settings, settings.address.servers[index],
            connect(settings.address.servers[index],
                    [this] {
                      node_.out_of_memory();
                      owner_.server_out_of_memory(*this);
                    }),
            *this),
      subscriber_(host, node_.name(), channel,
                  connect(settings.address.servers[index],
                          [this] {
                            subscriber_.out_of_memory();
                            owner_.server_out_of_memory(*this);
                          }),
                  *this) {}

void Server::node_changed() {
  if (node_.is_connected()) let_go_of_orphans();
  owner_.server_changed(*this);
}

void Server::let_go(const LeasePtr &lease, int32_t ended, uint64_t fence, const std::string &found,
                    std::function<void(const Outcome &)> on_outcome) {
  constexpr size_t kMostOrphans = 10'000;
  const int64_t until = host_.now() + settings_.cap_ms();
  const bool is_last_word = !on_outcome;
  node_.run({&script::kRel, settings_.keys.of(lease->repo).all(),
             [lease, ended, fence, found, bit = uint32_t{1} << index_] {
               lease->let_go_at |= bit;
               return std::optional(
                   std::vector<std::string>{lease->id_and_att(), lease->shared ? "s" : "x",
                                            std::to_string(ended), std::to_string(fence), found});
             },
             false,
             [this, lease, ended, fence, until,
              on_outcome = std::move(on_outcome)](const Outcome &outcome) {
               if (outcome.failure && host_.now() < until && orphans_.size() < kMostOrphans)
                 orphans_.push_back({lease, ended, fence, until});
               if (on_outcome) on_outcome(outcome);
             },
             is_last_word});
}

void Server::let_go_of_orphans() {
  const int64_t now = host_.now();
  for (const Orphan &orphan : std::exchange(orphans_, {}))
    if (now < orphan.until_ms) let_go(orphan.lease, orphan.ended, orphan.fence, "-");
}

}  // namespace repolock::backend::redis
