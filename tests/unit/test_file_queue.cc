// The lock file under the file backend: what survives a restart of the machine, damage, foreign
// content and the loss of the file, and how much it has room for.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "backend/file/file.h"
#include "backend/file/queue.h"
#include "support/backend_driver.h"
#include "support/lock_directory.h"

#include "support/cmocka.h"

namespace {

using namespace repolock::testing;
using namespace repolock::backend::file;

constexpr char kBoot[] = "test-boot";  // the driver's

struct Bench {
  LockDirectory directory;
  FakeClock clock;
  BackendDriver driver{&clock};

  Bench() { assert_int_equal(driver.open(init, directory.url()), REPOLOCK_OK); }
  std::string path() const { return directory.file("a/b").string(); }

  Grant lock(uint64_t lease) {
    const Answer &answer = driver.answer(driver.acquire("a/b", lease_id(lease)));
    assert_int_equal(answer.result(), REPOLOCK_OK);
    return answer.grant();
  }
  void unlock(uint64_t lease) {
    const Answer &answer = driver.answer(driver.release("a/b", lease_id(lease)));
    assert_int_equal(answer.result(), REPOLOCK_OK);
  }
  uint64_t lock_once() {
    const uint64_t fence = lock(77).fence;
    unlock(77);
    return fence;
  }
  const Answer &try_lock(uint64_t lease) {
    return driver.answer(driver.acquire("a/b", lease_id(lease), {.wait = false}));
  }
  // Changes the header behind everybody's back.
  void edit(const std::function<void(Header &)> &change) {
    const int fd = open(path().c_str(), O_RDWR | O_CLOEXEC);
    QueueFile file(fd, path());
    assert_true(std::get<Soundness>(file.read()) == Soundness::kSound);
    change(file.header());
    assert_false(file.write_header().has_value());
    close(fd);
  }
  // Into both slots, with a checksum that is right.
  void forge(const std::function<void(Header &)> &change) {
    Header header = this->header();
    change(header);
    const int fd = open(path().c_str(), O_RDWR | O_CLOEXEC);
    for (const off_t at : {off_t{0}, off_t{kSlotSize}}) {
      seal(header);
      assert_int_equal(pwrite(fd, &header, sizeof header, at), sizeof header);
    }
    close(fd);
  }
  Header header() {
    const int fd = open(path().c_str(), O_RDWR | O_CLOEXEC);
    QueueFile file(fd, path());
    assert_true(std::get<Soundness>(file.read()) == Soundness::kSound);
    close(fd);
    return file.header();
  }
  // As half a write leaves a slot.
  void tear(int slot) {
    const int fd = open(path().c_str(), O_RDWR | O_CLOEXEC);
    const std::string junk(200, 'x');
    assert_int_equal(pwrite(fd, junk.data(), junk.size(), slot * 512 + 100), 200);
    close(fd);
  }
  void write(const std::string &content) { std::ofstream(path()) << content; }
  void done() {
    driver.close();
    assert_no_violations(driver);
  }
};

void fences_survive_the_loss_of_the_file(void **) {
  Bench bench;
  const uint64_t before = bench.lock_once();
  std::filesystem::remove(bench.path());
  assert_true(bench.lock_once() > before);
  // Also if it is lost while somebody holds it: the next one takes part in the new file.
  bench.lock(1);
  const auto waiter = bench.driver.acquire("a/b", lease_id(2));
  std::filesystem::remove(bench.path());
  const auto released = bench.driver.release("a/b", lease_id(1));
  assert_int_equal(bench.driver.answer(released).result(), REPOLOCK_E_LOST);
  bench.clock.advance(10);
  assert_int_equal(bench.driver.answer(waiter).result(), REPOLOCK_OK);
  assert_int_equal(bench.try_lock(3).status, REPOLOCK_E_HELD);
  assert_string_equal(bench.driver.logs().back().event.c_str(), "lock_file_replaced");
  bench.done();
}

void a_new_directory_is_followed(void **) {
  Bench bench;
  bench.lock_once();
  std::filesystem::remove_all(bench.directory.path());
  bench.lock(1);
  assert_true(std::filesystem::exists(bench.path()));
  BackendDriver other(&bench.clock);
  assert_int_equal(other.open(init, bench.directory.url()), REPOLOCK_OK);
  const auto waiter = other.acquire("a/b", lease_id(2));
  assert_false(other.answered(waiter));
  bench.unlock(1);
  bench.clock.advance(0);
  assert_int_equal(other.answer(waiter).result(), REPOLOCK_OK);
  bench.done();
}

void a_restart_of_the_machine(void **) {
  Bench bench;
  const uint64_t before = bench.lock_once();
  // The clock was set back meanwhile: the ceiling alone knows.
  const Ticket ceiling = before + (Ticket{1} << 51);
  bench.edit([&](Header &header) {
    header.ceiling = ceiling;
    set_text(header.boot_id, "an earlier one");
  });
  const Grant grant = bench.lock(1);
  assert_true(grant.fence >= ceiling);
  assert_int_equal(grant.previous, REPOLOCK_PREVIOUS_RELEASED);
  const Header header = bench.header();
  assert_string_equal(header.boot_id, kBoot);
  assert_true(header.ceiling > grant.fence);
  bench.unlock(1);
  assert_int_equal(bench.lock(2).fence, grant.fence + 1);
  bench.done();
}

// Of a file that the power cut left behind the ceiling alone was made safe on the disk.
void a_fence_that_was_lost_is_not_repeated(void **) {
  Bench bench;
  const uint64_t old = bench.lock_once();
  const Header header = bench.header();
  const uint64_t last = bench.lock_once();
  bench.edit([&](Header &now) {
    now = header;
    set_text(now.boot_id, "an earlier one");
  });
  const auto shared = bench.driver.acquire("a/b", lease_id(1), {.shared = true});
  assert_true(last > old);
  assert_true(bench.driver.answer(shared).grant().fence > last);
  bench.done();
}

void a_holder_that_a_restart_ended_has_crashed(void **) {
  Bench bench;
  bench.lock(1);
  const std::string copy = bench.path() + ".copy";
  std::filesystem::copy_file(bench.path(), copy);  // as it is on the disk, and nobody has it open
  bench.unlock(1);
  std::filesystem::rename(copy, bench.path());
  bench.edit([](Header &header) { set_text(header.boot_id, "an earlier one"); });
  assert_int_equal(bench.lock(2).previous, REPOLOCK_PREVIOUS_CRASHED);
  bench.done();
}

void a_lock_in_use_is_of_this_boot_whatever_the_header_says(void **) {
  Bench bench;
  const uint64_t fence = bench.lock(1).fence;
  bench.edit([](Header &header) { set_text(header.boot_id, "what a sandbox says"); });
  assert_int_equal(bench.try_lock(2).status, REPOLOCK_E_HELD);
  const auto waiter = bench.driver.acquire("a/b", lease_id(3));
  bench.unlock(1);
  assert_int_equal(bench.driver.answer(waiter).grant().fence, fence + 1);
  bench.done();
}

void the_ceiling_is_raised_before_it_is_reached(void **) {
  Bench bench;
  uint64_t fence = bench.lock_once();
  bench.edit([](Header &header) { header.ceiling = header.next + 2; });
  for (int i = 0; i < 5; ++i) {
    const uint64_t next = bench.lock_once();
    assert_int_equal(next, fence + 1);
    assert_true(bench.header().ceiling > next);
    fence = next;
  }
  bench.edit([](Header &header) {
    header.next = header.first = header.base = header.ceiling = kTicketEnd;
  });
  assert_int_equal(bench.try_lock(1).result(), REPOLOCK_E_IO);
  bench.done();
}

void an_older_header_is_not_believed(void **) {
  Bench bench;
  bench.lock_once();
  const Header old = bench.header();
  const uint64_t fence = bench.lock(1).fence;
  bench.edit([&](Header &header) {
    header.next = old.next;
    header.first = old.first;
    header.base = old.base;
  });
  assert_int_equal(bench.try_lock(2).status, REPOLOCK_E_HELD);
  const auto waiter = bench.driver.acquire("a/b", lease_id(3));
  bench.unlock(1);
  bench.clock.advance(0);
  assert_int_equal(bench.driver.answer(waiter).grant().fence, fence + 1);
  bench.done();
}

void a_header_that_contradicts_itself_is_damaged(void **) {
  Bench bench;
  uint64_t fence = bench.lock_once();
  const auto edits = std::to_array<std::function<void(Header &)>>({
      [](Header &header) { header.base = header.first = header.next = header.fence = 0; },
      [](Header &header) { header.fence = header.first; },
      [](Header &header) { header.first = header.next + 1; },
      [](Header &header) { header.next = header.ceiling + 1; },
      [](Header &header) { header.ceiling = kTicketEnd + 1; },
  });
  for (const auto &edit : edits) {
    bench.forge(edit);
    const uint64_t next = bench.lock_once();
    assert_true(next > fence);
    fence = next;
  }
  bench.done();
}

void the_numbers_of_the_writes_may_turn_over(void **) {
  Bench bench;
  uint64_t fence = bench.lock_once();
  bench.edit([](Header &header) { header.sequence = UINT64_MAX - 2; });
  for (int i = 0; i < 6; ++i) {
    const uint64_t next = bench.lock(1).fence;
    assert_int_equal(next, fence + 1);
    assert_int_equal(bench.try_lock(2).status, REPOLOCK_E_HELD);
    bench.unlock(1);
    fence = next;
  }
  bench.done();
}

void half_a_write_is_survived(void **) {
  Bench bench;
  uint64_t fence = bench.lock_once();
  for (int round = 0; round < 6; ++round) {
    const uint64_t next = bench.lock(1).fence;
    assert_true(next > fence);
    fence = next;
    bench.tear(round % 2);  // the newer slot in some rounds, the older one in others
    assert_int_equal(bench.try_lock(2).status, REPOLOCK_E_HELD);
    const auto waiter = bench.driver.acquire("a/b", lease_id(3));
    if (round < 4) bench.tear(round / 2);
    bench.unlock(1);
    bench.clock.advance(6000);
    assert_int_equal(bench.driver.answer(waiter).grant().fence, fence + 1);
    bench.unlock(3);
    ++fence;
  }
  bench.done();
}

void damage_is_repaired_when_nobody_is_there(void **) {
  Bench bench;
  const uint64_t fence = bench.lock(1).fence;
  const auto waiter = bench.driver.acquire("a/b", lease_id(2));
  bench.tear(0);
  bench.tear(1);
  // Who holds goes on holding; nobody new comes in between.
  const Answer &refused = bench.try_lock(3);
  assert_int_equal(refused.status, REPOLOCK_E_IO);
  assert_true(refused.message.find(bench.path()) != std::string::npos);
  assert_true(bench.driver.logs().empty());
  bench.unlock(1);
  bench.clock.advance(10'000);
  assert_int_equal(bench.driver.answer(waiter).status, REPOLOCK_E_IO);
  const Grant grant = bench.lock(4);
  assert_true(grant.fence > fence);
  assert_string_equal(bench.driver.logs().at(0).event.c_str(), "queue_repaired");
  bench.done();
}

void what_is_no_lock_file_is_left_alone(void **) {
  Bench bench;
  const std::string letter(3000, 'a');
  bench.write(letter);
  assert_int_equal(bench.try_lock(1).status, REPOLOCK_E_MISCONFIGURED);
  assert_true(bench.try_lock(1).message.find(bench.path()) != std::string::npos);
  assert_int_equal(bench.driver.answer(bench.driver.inspect("a/b")).status,
                   REPOLOCK_E_MISCONFIGURED);
  std::string content;
  std::ifstream(bench.path()) >> content;
  assert_true(content == letter);
  bench.done();
}

void another_version_is_left_alone(void **) {
  Bench bench;
  bench.lock_once();
  const int fd = open(bench.path().c_str(), O_RDWR | O_CLOEXEC);
  const uint32_t version = 2;
  for (const int slot : {0, 512}) assert_int_equal(pwrite(fd, &version, 4, slot + 8), 4);
  close(fd);
  const Answer &refused = bench.try_lock(1);
  assert_int_equal(refused.status, REPOLOCK_E_MISCONFIGURED);
  assert_true(refused.message.find("version") != std::string::npos);
  bench.done();
}

void odd_things_in_the_place_of_a_file(void **) {
  Bench bench;
  bench.write("");  // as touch leaves it
  bench.lock_once();
  std::filesystem::remove(bench.path());
  std::filesystem::create_directory(bench.path());
  assert_int_equal(bench.try_lock(1).status, REPOLOCK_E_MISCONFIGURED);
  std::filesystem::remove(bench.path());
  std::filesystem::create_symlink("/etc/passwd", bench.path());
  assert_int_equal(bench.try_lock(1).status, REPOLOCK_E_MISCONFIGURED);
  std::filesystem::remove(bench.path());
  bench.lock_once();
  bench.done();
}

void room_for_4096_who_are_alive(void **) {
  Bench bench;
  bench.lock_once();
  const int fd = open(bench.path().c_str(), O_RDWR | O_CLOEXEC);
  Queue crowd(fd, bench.path());
  assert_true(std::get<Queue::Found>(crowd.prepare(kBoot)) == Queue::Found::kSound);
  for (Ticket i = 0; i < kRing; ++i) {
    Entry entry{};
    entry.progress.state = State::kWaiting;
    Ticket slot = 0;
    assert_false(crowd.append(entry, &slot).has_value());
    assert_int_equal(slot, i);
  }
  const Answer &full = bench.driver.answer(bench.driver.acquire("a/b", lease_id(1)));
  assert_int_equal(full.result(), REPOLOCK_E_UNAVAILABLE);
  assert_true(full.message.find("4096") != std::string::npos);
  assert_true(std::filesystem::file_size(bench.path()) == 1024 + 4096 * 512);
  close(fd);  // the kernel drops them all
  bench.lock_once();
  assert_int_equal(bench.header().next - bench.header().base, 1);
  bench.done();
}

void those_who_are_over_take_no_room(void **) {
  Bench bench;
  const uint64_t fence = bench.lock(1).fence;
  const auto second = bench.driver.acquire("a/b", lease_id(2));
  for (uint64_t i = 0; i < kRing + 100; ++i) {
    const auto id = bench.driver.acquire("a/b", lease_id(100 + i));
    bench.driver.cancel(id);
    assert_int_equal(bench.driver.answer(id).status, REPOLOCK_E_CANCELED);
  }
  const auto third = bench.driver.acquire("a/b", lease_id(3), {.shared = true});
  assert_int_equal(bench.driver.waiting(third).back().place, 2);
  bench.unlock(1);
  assert_int_equal(bench.driver.answer(second).grant().fence, fence + 1);
  assert_false(bench.driver.answered(third));
  bench.unlock(2);
  assert_int_equal(bench.driver.answer(third).grant().fence, fence + 1);
  bench.unlock(3);
  assert_true(bench.lock(4).fence > fence + kRing);
  bench.done();
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(fences_survive_the_loss_of_the_file),
      cmocka_unit_test(a_new_directory_is_followed),
      cmocka_unit_test(a_restart_of_the_machine),
      cmocka_unit_test(a_fence_that_was_lost_is_not_repeated),
      cmocka_unit_test(a_holder_that_a_restart_ended_has_crashed),
      cmocka_unit_test(a_lock_in_use_is_of_this_boot_whatever_the_header_says),
      cmocka_unit_test(the_ceiling_is_raised_before_it_is_reached),
      cmocka_unit_test(an_older_header_is_not_believed),
      cmocka_unit_test(a_header_that_contradicts_itself_is_damaged),
      cmocka_unit_test(the_numbers_of_the_writes_may_turn_over),
      cmocka_unit_test(half_a_write_is_survived),
      cmocka_unit_test(damage_is_repaired_when_nobody_is_there),
      cmocka_unit_test(what_is_no_lock_file_is_left_alone),
      cmocka_unit_test(another_version_is_left_alone),
      cmocka_unit_test(odd_things_in_the_place_of_a_file),
      cmocka_unit_test(room_for_4096_who_are_alive),
      cmocka_unit_test(those_who_are_over_take_no_room),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
