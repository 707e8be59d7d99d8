// The rights to the directory, or to a lock file, are taken away from users (uid 65534) who hold
// and wait: each is told, nobody hangs or overlaps, and all is well when they have them again.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

#include "fault/plays.h"
#include "fault/scene.h"

#include "support/cmocka.h"

namespace {

using namespace repolock::testing;

constexpr uid_t kNobody = 65534;

void become_nobody(Child &) {
  if (setgid(kNobody) != 0 || setuid(kNobody) != 0) _exit(200);
}

struct Rights {
  const char *fault;
  const char *of;  // in the lock directory
  // What becomes of those who are there already.
  int holder_ends;
  int waiter_ends;
};

bool is_denied(const Scene &scene) {
  const auto visit = [](Child &, const Client &client) {
    Lease lease;
    return -try_lock(client, Scene::kRepo, &lease);
  };
  const int ended = scene.process(visit, become_nobody)->wait();
  return ended == -REPOLOCK_E_DENIED || ended == Scene::kNotOpened;
}

int hold_and_wait(const Rights &rights) {
  const Scene scene;
  const std::filesystem::path directory = scene.directory.path();
  if (chmod(directory.c_str(), 0777) != 0) return 1;
  const auto holder = scene.holder(become_nobody);
  if (!holds(*holder)) return 2;
  const auto waiter = scene.holder(become_nobody);
  if (waiter->hear() != 'w') return 3;

  const std::filesystem::path taken = directory / rights.of;
  if (chmod(taken.c_str(), 0) != 0) return 4;
  if (!is_denied(scene)) return 5;
  holder->say('r');
  if (holder->wait() != rights.holder_ends) return 6;
  waiter->say('r');
  if (waiter->wait() != rights.waiter_ends) return 7;
  if (chmod(taken.c_str(), 0777) != 0) return 8;
  const auto next = scene.holder(become_nobody);
  return holds(*next) && lets_go(*next) && scene.is_well() ? 0 : 9;
}

void taken_and_given_back(const Rights &rights) {
  if (geteuid() != 0) {
    print_message("SKIP %s: it takes root to become somebody else\n", rights.fault);
    return;
  }
  row row = begin_row(rights.fault, kAtATime);
  play(&row, [&](int) { return hold_and_wait(rights); });
  assert_true(end_row(&row, "as uid %u, while held and waited for", kNobody));
}

// It held to the end, but that cannot be seen any more; the waiter could not be seen holding.
void to_the_directory(void **) {
  taken_and_given_back(
      {"the rights to the directory are taken away", ".", -REPOLOCK_E_LOST, Scene::kNotObtained});
}

// Who has it open needs no rights.
void to_the_lock_file(void **) {
  taken_and_given_back({"the rights to the lock file are taken away", "owner+name.lock", 0, 0});
}

void to_the_sockets(void **) {
  taken_and_given_back({"the rights to the sockets are taken away", "wake", 0, 0});
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(to_the_directory),
      cmocka_unit_test(to_the_lock_file),
      cmocka_unit_test(to_the_sockets),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
