// first_lock.cc - git fetch in the current directory, while nobody else has that repository.
#include <cstdlib>
#include <iostream>
#include <repolock.hpp>

int main(int argc, char **argv) {
  try {
    repolock::client client;
    return client.with_lock(argc > 1 ? argv[1] : "owner/name", [](const repolock::lease &held) {
      std::cout << "mine, with fence " << held.fence() << std::endl;
      return std::system("git fetch") == 0 ? 0 : 1;
    });
  } catch (const repolock::error &failed) {
    std::cerr << "first_lock: " << failed.what() << "\n";
    return 1;
  }
}
