// The header of a lock file is torn, zeroed or cut off, one slot or both, while the lock is free,
// held or waited for: two never hold at once, nobody hangs, and fences never go back.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <random>
#include <string>

#include "backend/file/layout.h"
#include "fault/plays.h"
#include "fault/scene.h"

#include "support/cmocka.h"

namespace {

using namespace repolock::testing;
using repolock::backend::file::kSlotSize;

// A file that does not even begin as a lock file is left alone, so that much of it is spared.
constexpr size_t kMagic = 12;

class Damage {
 public:
  Damage(const std::string &path, std::minstd_rand &random)
      : fd_(open(path.c_str(), O_RDWR | O_CLOEXEC)), random_(random) {}
  ~Damage() { close(fd_); }
  Damage(const Damage &) = delete;
  Damage &operator=(const Damage &) = delete;

  void strike() {
    const size_t slot = random_() % 2 * kSlotSize;
    switch (random_() % 5) {
      case 0:
        return overwrite(slot + kMagic);
      case 1:
        overwrite(kMagic);
        return overwrite(kSlotSize + kMagic);
      case 2:
        return zero(slot, kSlotSize);
      case 3:
        return zero(0, 2 * kSlotSize);
      default:
        return cut();
    }
  }

 private:
  size_t below(size_t limit) { return random_() % limit; }

  // As half a write leaves it.
  void overwrite(size_t from) {
    const std::string junk(1 + below(kSlotSize - kMagic), static_cast<char>(random_()));
    [[maybe_unused]] const ssize_t size =
        pwrite(fd_, junk.data(), junk.size(), static_cast<off_t>(from));
  }
  void zero(size_t from, size_t size) {
    const std::string zeros(size, '\0');
    [[maybe_unused]] const ssize_t written =
        pwrite(fd_, zeros.data(), size, static_cast<off_t>(from));
  }
  void cut() {
    struct stat about {};
    fstat(fd_, &about);
    const size_t places[] = {0, kSlotSize, 2 * kSlotSize,
                             kMagic + below(static_cast<size_t>(about.st_size) - kMagic)};
    [[maybe_unused]] const int result = ftruncate(fd_, static_cast<off_t>(places[below(4)]));
  }

  const int fd_;
  std::minstd_rand &random_;
};

// One that comes meanwhile: whatever it is told, it does not hold beside another one.
bool is_refused(const Scene &scene) {
  const auto visitor = scene.process([](Child &, const Client &client) {
    Lease lease;
    const auto status = try_lock(client, Scene::kRepo, &lease);
    return status == REPOLOCK_E_HELD || status == REPOLOCK_E_IO ? 0 : 1;
  });
  return visitor->wait() == 0;
}

// The holder has it to the end, or is told otherwise; a waiter gets it, or is told what is wrong.
bool ends(Child &child) {
  child.say('r');
  const int ended = child.wait();
  return ended == 0 || ended == -REPOLOCK_E_LOST || ended == Scene::kNotObtained;
}

int damage_it(int n) {
  std::minstd_rand random(fault_seed() * 7919 + static_cast<uint32_t>(n));
  const Scene scene;
  for (size_t used = 1 + random() % 3; used > 0; --used)
    if (!goes_on(scene)) return 1;
  const std::string path = scene.directory.file(Scene::kRepo).string();
  std::unique_ptr<Child> holder, waiter;
  const size_t state = random() % 3;
  if (state > 0) {
    holder = scene.holder();
    if (!holds(*holder)) return 2;
  }
  if (state > 1) {
    waiter = scene.holder();
    if (waiter->hear() != 'w') return 3;
  }
  Damage(path, random).strike();
  if (holder) {
    if (!is_refused(scene)) return 4;
    if (!ends(*holder)) return 5;
  }
  if (waiter && !ends(*waiter)) return 6;
  if (!scene.is_well()) return 7;
  if (goes_on(scene)) return 0;
  return scene.is_well() ? 8 : 9;
}

void it_is_repaired(void **) {
  row row = begin_row("header torn, zeroed or cut off", 60);
  play(&row, damage_it);
  assert_true(end_row(&row, "seed %u", fault_seed()));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(it_is_repaired)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
