// random_clients.h - three clients of one backend, and a seed that says what befalls them.
#pragma once

#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "support/backend_driver.h"

#include "support/cmocka.h"

namespace repolock::testing {

class RandomClients {
 public:
  RandomClients(uint32_t seed, repolock_plugin_init_fn init, std::string url)
      : random_(seed), init_(init), url_(std::move(url)) {
    for (auto &client : clients_) client = open();
  }

  FakeClock &clock() { return clock_; }
  size_t below(size_t limit) { return random_() % limit; }
  bool one_in(size_t n) { return below(n) == 0; }
  BackendDriver &any_client() { return *clients_[below(clients_.size())]; }

  // Closes one, and opens another one in its place. What the closed one was told is kept.
  const BackendDriver &replace_one() {
    auto &client = clients_[below(clients_.size())];
    client->close();
    closed_.push_back(std::exchange(client, open()));
    return *closed_.back();
  }

  // Closes all. False: one of them broke a rule of plugin.h.
  bool end_well() {
    for (auto &client : clients_) {
      client->close();
      closed_.push_back(std::move(client));
    }
    for (const auto &client : closed_)
      if (!client->violations().empty()) return false;
    return true;
  }

 private:
  std::unique_ptr<BackendDriver> open() {
    auto client = std::make_unique<BackendDriver>(&clock_);
    assert_int_equal(client->open(init_, url_), REPOLOCK_OK);
    return client;
  }

  std::mt19937 random_;
  const repolock_plugin_init_fn init_;
  const std::string url_;
  FakeClock clock_;
  std::vector<std::unique_ptr<BackendDriver>> closed_;
  std::array<std::unique_ptr<BackendDriver>, 3> clients_;
};

}  // namespace repolock::testing
