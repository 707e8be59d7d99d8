#include "redis/walls.h"

#include <algorithm>

namespace repolock::sim {

void Walls::build(const std::string &client, const std::vector<std::string> &servers) {
  Random &random = run_.random;
  std::erase_if(walls_, [this](const Wall &wall) { return wall.until <= run_.now(); });
  Wall wall = {client, servers, !random.one_in(4),
               true,   true,    run_.now() + random.up_to(random.of<Millis>({500, 5'000, 40'000}))};
  if (wall.is_silent && random.one_in(2)) (random.one_in(2) ? wall.there : wall.back) = false;
  std::string all;
  for (const std::string &server : servers) all += ' ' + server;
  run_.trace.line(run_.now(), client.empty() ? "nobody" : client,
                  wall.is_silent ? "does not reach" : "is refused by", all,
                  wall.there && wall.back ? ""
                  : wall.there            ? "but hears them"
                                          : "and does not hear, but reaches them,",
                  "until", wall.until);
  walls_.push_back(std::move(wall));
}

bool Walls::Wall::stands_between(const std::string &one, const std::string &server,
                                 Millis now) const {
  return now < until && (client.empty() || client == one) &&
         std::ranges::find(servers, server) != servers.end();
}

Millis Walls::silent_until(const std::string &client, const std::string &server, Way way) const {
  Millis until = run_.outage_is_silent ? run_.outage_until : 0;
  for (const Wall &wall : walls_)
    if (wall.is_silent && (way == Way::kThere ? wall.there : wall.back) &&
        wall.stands_between(client, server, run_.now()))
      until = std::max(until, wall.until);
  return until;
}

bool Walls::refuses(const std::string &client, const std::string &server) const {
  if (run_.now() < run_.outage_until && !run_.outage_is_silent) return true;
  return std::ranges::any_of(walls_, [&](const Wall &wall) {
    return !wall.is_silent && wall.stands_between(client, server, run_.now());
  });
}

}  // namespace repolock::sim
