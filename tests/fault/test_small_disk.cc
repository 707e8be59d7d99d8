// A disk (a small tmpfs, which only the test sees) without room, without inodes, or read-only:
// whoever needs more of it is told, whoever holds or waits goes on, and two never hold at once.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "fault/scene.h"

#include "support/cmocka.h"

namespace {

namespace fs = std::filesystem;
using namespace repolock::testing;

constexpr int kNoMount = 210;

// body sees a scene whose directory is a disk of its own, in a mount namespace of its own.
int on_a_disk(const char *options, const std::function<int(const Scene &scene)> &body) {
  Child child([&](Child &) {
    const Scene scene;
    const char *path = scene.directory.path().c_str();
    if (unshare(CLONE_NEWNS) != 0 ||
        mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("none", path, "tmpfs", 0, options) != 0)
      return kNoMount;
    const int result = body(scene);
    umount2(path, MNT_DETACH);
    return result;
  });
  return child.wait();
}

// Fills what is left of the disk but so many bytes.
class Filler {
 public:
  explicit Filler(const Scene &scene) : path_(scene.directory.path() / "filler") {}
  ~Filler() { fs::remove(path_); }
  Filler(const Filler &) = delete;
  Filler &operator=(const Filler &) = delete;

  void fill(size_t spared = 0) const {
    const int fd = open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const std::string page(4096, 'x');
    off_t size = lseek(fd, 0, SEEK_END);
    while (write(fd, page.data(), page.size()) > 0) size += static_cast<off_t>(page.size());
    const auto left = std::max<off_t>(0, size - static_cast<off_t>(spared));
    [[maybe_unused]] const int result = ftruncate(fd, left);
    close(fd);
  }

 private:
  const fs::path path_;
};

// Whether it is refused with that status and that word, and then obtained when the disk is well.
bool is_refused(const Client &client, std::string_view repo, const char *word) {
  const Op op = start_lock(client, repo);
  const auto status = repolock_op_wait(op.get(), -1);
  const std::string told = repolock_op_message(op.get());
  return status == REPOLOCK_E_IO && told.find(word) != std::string::npos;
}

// What `repolock doctor` would show.
bool is_diagnosed(const Client &client, const char *word) {
  repolock_op_t *op = nullptr;
  repolock_snapshot_t *findings = nullptr;
  repolock_diagnose_start(client.get(), &op);
  const Op diagnose(op);
  repolock_op_wait(op, -1);
  repolock_op_snapshot(op, &findings);
  bool is_told = false;
  for (size_t row = 0; row < repolock_snapshot_size(findings); ++row) {
    const std::string said = repolock_snapshot_text(findings, row, REPOLOCK_TEXT_MESSAGE);
    is_told = is_told || said.find(word) != std::string::npos;
  }
  repolock_snapshot_free(findings);
  return is_told;
}

bool is_obtained(const Client &client, std::string_view repo) {
  Lease lease = lock(client, repo);
  return lease && unlock(std::move(lease));
}

int fill_while_held(const Scene &scene) {
  const Client client = open_client(scene.directory.url());
  Lease held = lock(client, "a/held");
  {
    const Filler filler(scene);
    filler.fill();
    if (!is_refused(client, "a/new", "space") || !is_diagnosed(client, "space")) return 1;
    // What is there already can be released, and had again.
    if (!unlock(std::move(held)) || !is_obtained(client, "a/held")) return 2;
  }
  return is_obtained(client, "a/new") ? 0 : 3;
}

// The first page of a lock file has room for six; those who come later need one more.
int fill_below_a_queue(const Scene &scene) {
  std::vector<std::unique_ptr<Child>> queue;
  queue.push_back(scene.holder());
  if (!holds(*queue.back())) return 1;
  const Filler filler(scene);
  filler.fill();
  for (bool is_refused = false; !is_refused;) {
    queue.push_back(scene.holder());
    const char letter = queue.back()->hear();
    is_refused = letter == 0 && queue.back()->wait() == Scene::kNotObtained;
    if (!is_refused && letter != 'w') return 2;
  }
  queue.pop_back();
  for (size_t i = 0; i < queue.size(); ++i)
    if (!lets_go(*queue[i]) || (i + 1 < queue.size() && queue[i + 1]->hear() != 'h')) return 3;
  return queue.size() == 6 && goes_on(scene) ? 0 : 4;
}

// Room comes and goes, while three processes lock an old name and new ones.
int hurry(const Scene &scene, const Client &client, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    const std::string own = "p" + std::to_string(getpid()) + "/n" + std::to_string(i % 20);
    for (const std::string &repo : {std::string(Scene::kRepo), own}) {
      const Op op = start_lock(client, repo);
      const auto status = repolock_op_wait(op.get(), -1);
      if (status == REPOLOCK_E_IO) continue;
      if (status != REPOLOCK_OK) return 1;
      Lease lease = take(op);
      if (repo == Scene::kRepo) scene.board->enter(lease);
      if (repo == Scene::kRepo) scene.board->leave();
      if (!unlock(std::move(lease))) return 2;
    }
  }
  return 0;
}

int fill_now_and_then(const Scene &scene) {
  std::vector<std::unique_ptr<Child>> crowd;
  while (crowd.size() < 3)
    crowd.push_back(
        scene.process([&](Child &, const Client &client) { return hurry(scene, client, 300); }));
  std::minstd_rand random(fault_seed());
  for (int i = 0; i < 200; ++i) {
    const Filler filler(scene);
    filler.fill(random() % 4 * 4096);
    usleep(random() % 2000);
  }
  for (const auto &one : crowd)
    if (const int ended = one->wait(); ended != 0) return ended;
  return goes_on(scene) ? 0 : 3;
}

int no_inode(const Scene &scene) {
  const Client client = open_client(scene.directory.url());
  if (!is_obtained(client, "a/old")) return 1;
  std::vector<fs::path> files;
  for (int fd = 0; fd >= 0;) {
    files.push_back(scene.directory.path() / std::to_string(files.size()));
    fd = open(files.back().c_str(), O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0) close(fd);
  }
  if (!is_refused(client, "a/new", "space") || !is_obtained(client, "a/old")) return 2;
  for (const fs::path &file : files) fs::remove(file);
  return is_obtained(client, "a/new") ? 0 : 3;
}

int become_read_only(const Scene &scene, bool is_read_only) {
  const unsigned long flags = MS_REMOUNT | (is_read_only ? MS_RDONLY : 0);
  return mount(nullptr, scene.directory.path().c_str(), nullptr, flags, nullptr) == 0 ? 0 : errno;
}

int read_only(const Scene &scene) {
  {
    const Client client = open_client(scene.directory.url());
    Lease held = lock(client, "a/b");
    // The kernel does not let it come to that while somebody holds.
    if (become_read_only(scene, true) != EBUSY) return 1;
    if (!unlock(std::move(held)) || repolock_shutdown(client.get(), 1000) != REPOLOCK_OK) return 2;
  }
  const Client early = open_client(scene.directory.url());
  while (become_read_only(scene, true) != 0) usleep(1000);  // until its thread has closed the file
  if (!is_refused(early, "a/b", "file:///dir") || !is_refused(early, "a/new", "file:///dir"))
    return 4;
  if (open_client(scene.directory.url())) return 5;
  if (become_read_only(scene, false) != 0) return 6;
  return is_obtained(early, "a/b") && is_obtained(early, "a/new") ? 0 : 7;
}

void disk(const char *fault, uint64_t runs, const char *options, int (*body)(const Scene &)) {
  row row = begin_row(fault, runs);
  while (again(&row)) {
    const int ended = on_a_disk(options, body);
    if (ended == kNoMount) {
      print_message("SKIP %s: no mount is allowed here\n", fault);
      return;
    }
    if (!MUST(&row, ended == 0)) print_message("it ended with %d\n", ended);
  }
  assert_true(end_row(&row, "a tmpfs with %s", options));
}

constexpr char kSmall[] = "size=128k,mode=700";

void a_full_one(void **) {
  disk("full disk while held", 20, kSmall, fill_while_held);
}
void a_full_one_below_a_queue(void **) {
  disk("full disk while waited for", 20, kSmall, fill_below_a_queue);
}
void one_that_is_full_now_and_then(void **) {
  disk("full disk now and then", 5, "size=512k,mode=700", fill_now_and_then);
}
void one_without_inodes(void **) {
  disk("disk without inodes", 20, "size=1m,nr_inodes=40,mode=700", no_inode);
}
void a_read_only_one(void **) {
  disk("read-only disk", 20, kSmall, read_only);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_full_one),
      cmocka_unit_test(a_full_one_below_a_queue),
      cmocka_unit_test(one_that_is_full_now_and_then),
      cmocka_unit_test(one_without_inodes),
      cmocka_unit_test(a_read_only_one),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
