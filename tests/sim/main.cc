// sim_core: runs the core under simulation, a seed a run.
//
//   sim_core [--seeds N] [--first S]   N runs from seed S on; ends with 1 at the first violation
//   sim_core --seed S [--trace]        that one again, and what happened in it
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>

#include "world.h"

namespace {

using namespace repolock::sim;

struct Options {
  uint64_t first = 1;
  uint64_t seeds = 10'000;
  bool trace = false;
};

int wrong_use() {
  std::cerr << "usage: sim_core [--seeds N] [--first S] | --seed S [--trace]\n";
  return 64;
}

// A seed that hangs or crashes names itself, too.
constexpr unsigned kHangSeconds = 60;
char last_words[128];

extern "C" void say_last_words(int signal) {
  const ssize_t said = write(STDOUT_FILENO, last_words, strlen(last_words));
  _exit(said < 0 ? 1 : 128 + signal);
}

void begin(uint64_t seed) {
  snprintf(last_words, sizeof last_words,
           "seed %llu hangs or crashes\nreplay: sim_core --seed %llu --trace\n",
           static_cast<unsigned long long>(seed), static_cast<unsigned long long>(seed));
  alarm(kHangSeconds);
}

int run(const Options &options) {
  for (const int signal : {SIGALRM, SIGABRT, SIGSEGV}) std::signal(signal, say_last_words);
  const auto began = std::chrono::steady_clock::now();
  uint64_t events = 0;
  for (uint64_t seed = options.first; seed < options.first + options.seeds; ++seed) {
    begin(seed);
    World world(seed, Parts(), options.trace);
    try {
      world.live();
    } catch (const Violation &violation) {
      std::cout << "seed " << seed << ": violation of \"" << violation.invariant()
                << "\": " << violation.what() << "\nreplay: sim_core --seed " << seed
                << " --trace\n";
      return 1;
    }
    events += world.events();
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::cout << options.seeds << " seeds from " << options.first << ", " << events << " events in "
            << took.count() << " s, "
            << static_cast<uint64_t>(static_cast<double>(events) / took.count())
            << " events/s, 0 violations\n";
  return 0;
}

}  // namespace

int main(int argc, char **argv) {
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
  return run(options);
}
