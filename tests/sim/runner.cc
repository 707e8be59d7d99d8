#include "runner.h"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>

namespace repolock::sim {

namespace {

struct Options {
  uint64_t first = 1;
  uint64_t seeds = 10'000;
  bool trace = false;
};

int wrong_use() {
  std::cerr << "usage: [--seeds N] [--first S] | --seed S [--trace]\n";
  return 64;
}

// A seed that hangs or crashes names itself, too.
constexpr unsigned kHangSeconds = 60;
char last_words[128];

extern "C" void say_last_words(int signal) {
  const ssize_t said = write(STDOUT_FILENO, last_words, strlen(last_words));
  _exit(said < 0 ? 1 : 128 + signal);
}

void begin(const char *program, uint64_t seed) {
  snprintf(last_words, sizeof last_words,
           "seed %llu hangs or crashes\nreplay: %s --seed %llu --trace\n",
           static_cast<unsigned long long>(seed), program, static_cast<unsigned long long>(seed));
  alarm(kHangSeconds);
}

int run(const char *program, const Parts &parts, const Options &options) {
  for (const int signal : {SIGALRM, SIGABRT, SIGSEGV}) std::signal(signal, say_last_words);
  const auto began = std::chrono::steady_clock::now();
  uint64_t events = 0;
  double hours = 0;
  for (uint64_t seed = options.first; seed < options.first + options.seeds; ++seed) {
    begin(program, seed);
    World world(seed, parts, options.trace);
    try {
      world.live();
    } catch (const Violation &violation) {
      std::cout << "seed " << seed << ": violation of \"" << violation.invariant()
                << "\": " << violation.what() << "\nreplay: " << program << " --seed " << seed
                << " --trace\n";
      return 1;
    }
    events += world.events();
    hours += world.hours();
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::cout << options.seeds << " seeds from " << options.first << ", " << events << " events in "
            << took.count() << " s, "
            << static_cast<uint64_t>(static_cast<double>(events) / took.count()) << " events/s, "
            << static_cast<uint64_t>(hours) << " h of their time, 0 violations\n";
  return 0;
}

}  // namespace

int run_seeds(const char *program, const Parts &parts, int argc, char **argv) {
  Options options;
  for (int at = 1; at < argc; ++at) {
    const std::string word = argv[at];
    if (word == "--trace") {
      options.trace = true;
      continue;
    }
    if (at + 1 == argc) return wrong_use();
    const uint64_t number = std::strtoull(argv[++at], nullptr, 10);
    if (word == "--seeds") {
      options.seeds = number;
    } else if (word == "--first") {
      options.first = number;
    } else if (word == "--seed") {
      options.first = number;
      options.seeds = 1;
    } else {
      return wrong_use();
    }
  }
  return run(program, parts, options);
}

}  // namespace repolock::sim
