// walls.h - which clients do not reach which servers: all of them or one, both ways or one way, in
// silence or so that connections are refused.
#pragma once

#include <string>
#include <vector>

#include "run.h"

namespace repolock::sim {

class Walls {
 public:
  enum class Way {
    kThere,  // to the server
    kBack
  };

  explicit Walls(Run &run) : run_(run) {}

  // client: "" all.
  void build(const std::string &client, const std::vector<std::string> &servers);
  void tear_down() { walls_.clear(); }

  // Nothing arrives before; it does so in the end.
  Millis silent_until(const std::string &client, const std::string &server, Way way) const;
  bool refuses(const std::string &client, const std::string &server) const;

 private:
  struct Wall {
    std::string client;
    std::vector<std::string> servers;
    bool is_silent, there, back;
    Millis until;

    bool stands_between(const std::string &client, const std::string &server, Millis now) const;
  };

  Run &run_;
  std::vector<Wall> walls_;
};

}  // namespace repolock::sim
