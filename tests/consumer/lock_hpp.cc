// lock_hpp.cc - somebody else's C++17 program over repolock.hpp: one lock at the backend URL given.
#include <iostream>
#include <mutex>
#include <repolock.hpp>

int main(int argc, char **argv) {
  try {
    repolock::client client(argc == 2 ? argv[1] : "");
    repolock::mutex repository(client, "owner/name");
    {
      const std::lock_guard<repolock::mutex> held(repository);
      if (repository.holding().fence() == 0) return 1;
    }
    client.shutdown(std::chrono::seconds(1));
    return 0;
  } catch (const repolock::error &failed) {
    std::cerr << "lock_hpp: " << failed.what() << "\n";
    return 1;
  }
}
