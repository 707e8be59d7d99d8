// agent.cc - repolock.hpp as tests/conformance plays it: a request a line in, its reply a line out.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <list>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <repolock.hpp>
#include <stop_token>
#include <string>
#include <thread>

namespace {

using json = nlohmann::json;
using repolock::milliseconds;

// A scenario may write a number as one.
repolock::options options_of(const json &request) {
  repolock::options set;
  const json config = request.value("config", json::object());
  for (const auto &[key, value] : config.items())
    set[key] = value.is_string() ? value.get<std::string>() : value.dump();
  return set;
}

// Statuses have their names from the category of the binding's errors.
std::string name_of(const std::error_code &code) {
  return code ? code.message() : "OK";
}

void say(const json &line) {
  static std::mutex one_at_a_time;
  const std::lock_guard<std::mutex> turn(one_at_a_time);
  std::cout << line.dump(-1, ' ', false, json::error_handler_t::replace) << std::endl;
}

json holders_of(const std::vector<repolock::holder> &holders) {
  json rows = json::array();
  for (const repolock::holder &each : holders)
    rows.push_back({{"holder", each.text},
                    {"fence", each.fence},
                    {"shared", each.shared},
                    {"lease_id", each.lease_id}});
  return rows;
}

const char *name_of(repolock::previous previous) {
  switch (previous) {
    case repolock::previous::released:
      return "released";
    case repolock::previous::crashed:
      return "crashed";
    case repolock::previous::expired:
      return "expired";
    case repolock::previous::broken:
      return "broken";
    default:
      return "none";
  }
}

class player {
 public:
  ~player() {
    for (auto &[id, stop] : stops_) stop.request_stop();
    waiting_.clear();  // joins
  }

  void take(const json &request) {
    const std::string verb = request.at("do");
    if (verb == "acquire") {
      const auto client = clients_.find(request.at("client"));
      if (client != clients_.end()) return acquire(client->second, request);
    }
    answer(request, [&] { return done(verb, request); });
  }

 private:
  template <class Call>
  static void answer(const json &request, Call call) {
    json reply;
    try {
      reply = call();
      reply.emplace("status", "OK");
    } catch (const repolock::error &failed) {
      reply = {{"status", name_of(failed.code())},
               {"message", failed.what()},
               {"holders", holders_of(failed.holders())},
               {"place", failed.place()}};
    } catch (const std::exception &wrong) {  // an unknown handle or member
      reply = {{"status", "E_INVALID"}, {"message", wrong.what()}};
    }
    reply["id"] = request.at("id");
    say(reply);
  }

  static repolock::request how(const json &asked) {
    repolock::request how;
    how.wait(milliseconds(asked.value("wait_ms", 60000)));
    how.shared(asked.value("shared", false));
    if (asked.contains("ttl_ms")) how.ttl(milliseconds(asked["ttl_ms"]));
    if (asked.contains("max_hold_ms")) how.max_hold(milliseconds(asked["max_hold_ms"]));
    if (asked.contains("holder")) how.holder(asked["holder"]);
    for (size_t i = 1; i < asked["repos"].size(); ++i) how.add_repo(asked["repos"][i]);
    how.on_wait([id = asked["id"]](const std::string &message) {
      say({{"event", "waiting"}, {"id", id}, {"message", message}});
    });
    return how;
  }

  void acquire(repolock::client &client, const json &asked) {
    const int id = asked["id"];
    const std::stop_token stop = stops_[id].get_token();
    waiting_.emplace_back([this, &client, asked, stop] {
      answer(asked, [&] {
        const std::string first = asked.at("repos").at(0);
        return keep(client.acquire(first, how(asked), stop), asked);
      });
    });
  }

  json keep(repolock::lease won, const json &asked) {
    json fences = json::array();
    for (size_t i = 0; i < asked["repos"].size(); ++i) fences.push_back(won.fence(i));
    json reply = {
        {"fences", fences}, {"previous", name_of(won.previous())}, {"lease_id", won.id()}};
    const std::string name = asked.at("lease");
    won.on_lost([name](const repolock::loss &loss) {
      say({{"event", "lost"},
           {"lease", name},
           {"status", name_of(loss.code)},
           {"reason", loss.reason}});
    });
    const std::lock_guard<std::mutex> turn(mutex_);
    leases_[name] = std::move(won);
    return reply;
  }

  repolock::lease &lease(const json &request) {
    const std::lock_guard<std::mutex> turn(mutex_);
    return leases_.at(request.at("lease"));
  }
  repolock::client &client(const json &request) { return clients_.at(request.at("client")); }

  json done(const std::string &verb, const json &request) {
    if (verb == "hello")
      return {{"language", "cpp"},
              {"version", REPOLOCK_VERSION_STRING},
              {"can", {"shared", "several", "fork", "cancel", "inspect", "break", "waiting"}}};
    if (verb == "open") return open(request);
    if (verb == "cancel") return stops_.at(request.at("of")).request_stop(), json::object();
    if (verb == "check") return check(lease(request));
    if (verb == "extend")
      return lease(request).extend(milliseconds(request.at("ttl_ms"))), json::object();
    if (verb == "release") return lease(request).release(), json::object();
    if (verb == "drop") return lease(request).drop(), json::object();
    if (verb == "inspect")
      return inspect(client(request).inspect(request.at("repo").get<std::string>()));
    if (verb == "work") return work(lease(request).fence(), request.at("witness"));
    if (verb == "exit") std::_Exit(request.value("code", 0));
    if (verb == "close") return close(request.at("client"));
    if (verb == "shutdown")
      return client(request).shutdown(milliseconds(request.at("timeout_ms"))), json::object();
    if (verb == "break") {
      client(request).break_lease(request.at("repo").get<std::string>(), request.at("lease_id"));
      return json::object();
    }
    if (verb == "canonical")
      return {{"canonical",
               repolock::canonical(request.at("repo").get<std::string>(), options_of(request))}};
    if (verb == "fork") return fork_child(client(request), lease(request));
    if (verb == "block") return block(milliseconds(request.at("ms")));
    throw std::invalid_argument("no such verb: " + verb);
  }

  json open(const json &request) {
    clients_.insert_or_assign(request.at("client"),
                              repolock::client(request.at("backend"), options_of(request)));
    return json::object();
  }

  // The waits of a client that goes end with it: they are told before it is gone.
  json close(const std::string &name) {
    if (clients_.erase(name) == 0) throw std::invalid_argument("no such client: " + name);
    return json::object();
  }

  static json check(const repolock::lease &held) {
    return {{"status", name_of(held.status())},
            {"message", held.message()},
            {"remaining_ms", held.remaining().count()}};
  }

  static json inspect(const repolock::snapshot &seen) {
    json waiters = json::array();
    for (const repolock::waiter &each : seen.waiters)
      waiters.push_back({{"holder", each.text}, {"place", each.place}});
    return {{"holders", holders_of(seen.holders)}, {"waiters", waiters}};
  }

  static json work(std::uint64_t fence, const std::string &witness) {
    const int fd = ::open(witness.c_str(), O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return {{"status", "OVERLAP"}};
    std::ofstream(witness + ".journal", std::ios::app) << fence << " cpp\n";
    ::close(fd);
    unlink(witness.c_str());
    return json::object();
  }

  static json fork_child(repolock::client &client, const repolock::lease &held) {
    std::array<int, 2> told = {0, 0};
    std::array<int, 2> ends = {-1, -1};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    const pid_t child = fork();
    if (child == 0) {
      std::error_code of_try;
      const repolock::lease none =
          client.acquire("owner/name", repolock::request().wait(milliseconds(0)), of_try);
      told = {held.status().value(), of_try.value()};
      _exit(write(ends[1], told.data(), sizeof told) == sizeof told ? 0 : 1);
    }
    ::close(ends[1]);
    const bool is_whole = read(ends[0], told.data(), sizeof told) == sizeof told;
    ::close(ends[0]);
    waitpid(child, nullptr, 0);
    if (!is_whole) throw std::runtime_error("the child said nothing");
    json names = json::array();
    for (const int status : told) names.push_back(name_of({status, repolock::category()}));
    return {{"child", names}};
  }

  static json block(milliseconds span) {
    const auto until = std::chrono::steady_clock::now() + span;
    while (std::chrono::steady_clock::now() < until) continue;
    return json::object();
  }

  std::map<std::string, repolock::client> clients_;
  std::mutex mutex_;  // of leases_
  std::map<std::string, repolock::lease> leases_;
  std::map<int, std::stop_source> stops_;
  std::list<std::jthread> waiting_;
};

}  // namespace

int main() {
  try {
    player agent;
    for (std::string line; std::getline(std::cin, line);) agent.take(json::parse(line));
    return 0;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
