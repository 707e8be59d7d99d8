// What servers keep is lost: some of it or all, with the guard or without.
#include <algorithm>
#include <filesystem>
#include <string>

#include "fault/redis/locker.h"
#include "fault/redis/nemesis.h"

namespace repolock::testing {

namespace {

namespace fs = std::filesystem;

// lose: what becomes of the files while it is away.
template <class Lose>
void kill_and_lose(const Victims &victims, Lose lose) {
  Node &node = victims.node();
  node.server.kill();
  lose(node);
  victims.rest(0, 60);
  node.server.restart();
  victims.rest(50, 250);
}

void kill_with_data(const Victims &victims) {
  kill_and_lose(victims, [](const Node &) {});
}

// The disk did not have the end of the append-only file yet.
void cut_power(const Victims &victims) {
  constexpr uint32_t kMost = 8000;
  kill_and_lose(victims, [&](const Node &node) {
    for (const auto &file : fs::recursive_directory_iterator(node.server.directory().path()))
      if (file.path().extension() == ".aof") {
        const uintmax_t lost = std::min<uintmax_t>(file.file_size(), victims.below(kMost));
        fs::resize_file(file.path(), file.file_size() - lost);
      }
  });
}

// What it had when it was last told to save; now and then it is told.
void go_back(const Victims &victims) {
  for (const auto &node : victims.nodes)
    if (victims.below(2) == 0) node->text({"SAVE"});
  victims.rest(0, 2 * kLeaseTtl);
  kill_with_data(victims);
}

void reload(const Victims &victims) {
  victims.node().text({"DEBUG", "RELOAD"});
  victims.rest(5, 50);
}

void forget_guard(const Victims &victims) {
  if (victims.below(2) == 0)
    victims.node().text({"DEL", "repolock:guard"});
  else
    for (const auto &node : victims.nodes) node->text({"DEL", "repolock:guard"});
  victims.rest(50, 300);
}

constexpr Fault kLossFaults[] = {
    {"SIGKILL of a server with appendfsync everysec", kill_with_data, Keeps::kEachSecond},
    {"power cut: up to 8,000 bytes of a server's append-only file are lost", cut_power,
     Keeps::kEachSecond},
    {"restart of a server from an older copy of its data (RDB)", go_back, Keeps::kSnapshot},
    {"DEBUG RELOAD of a server", reload, Keeps::kSnapshot},
    {"DEL of the guard, on one server or on all", forget_guard},
};

}  // namespace

const std::span<const Fault> kLosses(kLossFaults);

const Fault kUnguardedLoss = {
    .name = "SIGKILL of a server, which comes back empty, restart_guard=off",
    .act = kill_with_data,
    .restart_guard = "off",
    .may_overlap = true};

}  // namespace repolock::testing
