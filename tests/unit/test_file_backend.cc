// The file backend between two clients of one process: each has descriptors and a socket of its own,
// as if they were two processes. Time is in the test's hand.
#include "backend/file/file.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "port/file_lock.h"
#include "support/backend_driver.h"
#include "support/lock_directory.h"

#include "support/cmocka.h"

namespace {

using namespace repolock::testing;
using repolock::backend::file::init;
namespace fs = std::filesystem;

struct Pair {
  LockDirectory directory;
  FakeClock clock;
  BackendDriver one{&clock};
  BackendDriver two{&clock};

  Pair() {
    assert_int_equal(one.open(init, directory.url()), REPOLOCK_OK);
    assert_int_equal(two.open(init, directory.url()), REPOLOCK_OK);
  }
  void settle() { clock.advance(0); }
  void done() {
    settle();
    one.close();
    two.close();
    assert_no_violations(one);
    assert_no_violations(two);
    assert_true(fs::is_empty(directory.path() / "wake"));
  }
};

// One answered at once.
const Grant &granted(BackendDriver &driver, uint64_t id) {
  assert_int_equal(driver.answer(id).result(), REPOLOCK_OK);
  return driver.answer(id).grant();
}

void claims_what_holds(void **) {
  Pair pair;
  const uint64_t claimed = pair.one.capabilities();
  const uint64_t expected = uint64_t{REPOLOCK_CAN_WAIT} | REPOLOCK_CAN_FIFO | REPOLOCK_CAN_FENCE |
                            REPOLOCK_CAN_EXCLUDE_STRICT | REPOLOCK_CAN_SHARE |
                            REPOLOCK_CAN_SEVERAL | REPOLOCK_CAN_INSPECT | REPOLOCK_CAN_LIST |
                            REPOLOCK_CAN_BREAK | REPOLOCK_CAN_CRASH_RELEASE |
                            REPOLOCK_CAN_NEVER_EXPIRE;
  assert_int_equal(claimed, expected);
  assert_null(init(nullptr, REPOLOCK_PLUGIN_ABI + 1));
  pair.done();
}

void grants_what_is_free(void **) {
  Pair pair;
  const Grant &grant = granted(pair.one, pair.one.acquire("a/b", lease_id(1)));
  assert_true(grant.fence > 0 && grant.fence < uint64_t{1} << 53);
  assert_int_equal(grant.previous, REPOLOCK_PREVIOUS_NONE);
  assert_true(grant.valid_until_ms == INT64_MAX);
  assert_true(fcntl(grant.inherit_fd, F_GETFD) == FD_CLOEXEC);
  granted(pair.two, pair.two.acquire("a/c", lease_id(2)));  // another name is another lock
  pair.done();
}

void hands_over_in_order(void **) {
  Pair pair;
  const auto driver = [&](uint64_t i) -> BackendDriver & { return i % 3 ? pair.one : pair.two; };
  std::vector<uint64_t> ids(10);
  for (uint64_t i = 0; i < ids.size(); ++i) ids[i] = driver(i).acquire("a/b", lease_id(i));
  uint64_t fence = 0;
  for (uint64_t i = 0; i < ids.size(); ++i) {
    pair.settle();
    const Grant &grant = granted(driver(i), ids[i]);
    assert_true(grant.fence > fence);
    assert_int_equal(grant.previous, i == 0 ? REPOLOCK_PREVIOUS_NONE : REPOLOCK_PREVIOUS_RELEASED);
    fence = grant.fence;
    for (uint64_t j = i + 1; j < ids.size(); ++j) assert_false(driver(j).answered(ids[j]));
    granted(driver(i), driver(i).release("a/b", lease_id(i), fence));
  }
  pair.done();
}

void a_try_leaves_no_trace(void **) {
  Pair pair;
  pair.one.acquire("a/b", lease_id(1), {.holder = "job-1"});
  pair.clock.advance(500);
  const auto before = fs::file_size(pair.directory.file("a/b"));
  const Answer &refused = pair.two.answer(pair.two.acquire("a/b", lease_id(2), {.wait = false}));
  assert_int_equal(refused.status, REPOLOCK_E_HELD);
  assert_true(refused.message.find("a/b") != std::string::npos);
  assert_int_equal(refused.rows.size(), 1);
  assert_int_equal(refused.rows[0].row, REPOLOCK_ROW_HOLDER);
  assert_string_equal(refused.rows[0].holder.c_str(), "job-1");
  assert_int_equal(refused.rows[0].age_ms, 500);
  assert_int_equal(fs::file_size(pair.directory.file("a/b")), before);
  assert_int_equal(pair.one.answer(pair.one.inspect("a/b")).rows.size(), 1);
  pair.one.release("a/b", lease_id(1));
  granted(pair.two, pair.two.acquire("a/b", lease_id(3), {.wait = false}));
  pair.done();
}

void shared_ones_go_together_and_in_order(void **) {
  Pair pair;
  const Acquire shared = {.shared = true};
  const auto writer = pair.one.acquire("a/b", lease_id(1));
  const auto reader1 = pair.two.acquire("a/b", lease_id(2), shared);
  const auto reader2 = pair.one.acquire("a/b", lease_id(3), shared);
  const auto writer2 = pair.two.acquire("a/b", lease_id(4));
  const auto reader3 = pair.one.acquire("a/b", lease_id(5), shared);
  const uint64_t fence = granted(pair.one, writer).fence;
  pair.one.release("a/b", lease_id(1), fence);
  pair.settle();
  assert_int_equal(granted(pair.two, reader1).fence, fence);
  assert_int_equal(granted(pair.one, reader2).fence, fence);
  assert_int_equal(granted(pair.one, reader2).previous, REPOLOCK_PREVIOUS_RELEASED);
  assert_false(pair.two.answered(writer2) || pair.one.answered(reader3));
  pair.one.release("a/b", lease_id(3), fence);
  pair.settle();
  assert_false(pair.two.answered(writer2));
  pair.two.release("a/b", lease_id(2), fence);
  pair.settle();
  const uint64_t fence2 = granted(pair.two, writer2).fence;
  assert_true(fence2 > fence);
  pair.two.release("a/b", lease_id(4), fence2);
  pair.settle();
  assert_int_equal(granted(pair.one, reader3).fence, fence2);
  // A free name that shared ones have: another one joins at once.
  assert_int_equal(granted(pair.two, pair.two.acquire("a/b", lease_id(6), shared)).fence, fence2);
  pair.done();
}

void tells_waiters_their_place(void **) {
  Pair pair;
  pair.one.acquire("a/b", lease_id(1), {.holder = "first"});
  pair.one.acquire("a/b", lease_id(2), {.holder = "second"});
  const auto third = pair.two.acquire("a/b", lease_id(3), {.holder = "third"});
  auto rows = pair.two.waiting(third);
  assert_int_equal(rows.size(), 2);
  assert_string_equal(rows[0].holder.c_str(), "first");
  assert_int_equal(rows[1].row, REPOLOCK_ROW_WAITER);
  assert_string_equal(rows[1].holder.c_str(), "third");
  assert_int_equal(rows[1].place, 2);
  pair.one.release("a/b", lease_id(1));
  pair.clock.advance(5000);
  rows = pair.two.waiting(third);
  assert_string_equal(rows[0].holder.c_str(), "second");
  assert_int_equal(rows[1].place, 1);
  const size_t told = pair.two.waitings().size();
  pair.clock.advance(60'000);  // nothing has changed since
  assert_int_equal(pair.two.waitings().size(), told);
  pair.done();
}

void a_wait_ends_at_its_deadline(void **) {
  Pair pair;
  pair.one.acquire("a/b", lease_id(1));
  const auto late = pair.two.acquire("a/b", lease_id(2), {.deadline_ms = pair.clock.now() + 3000});
  const auto patient = pair.two.acquire("a/b", lease_id(3));
  pair.clock.advance(2999);
  assert_false(pair.two.answered(late));
  pair.clock.advance(1);
  assert_int_equal(pair.two.answer(late).status, REPOLOCK_E_TIMEOUT);
  assert_int_equal(pair.two.answer(late).rows.size(), 1);
  pair.one.release("a/b", lease_id(1));
  pair.settle();
  granted(pair.two, patient);
  pair.done();
}

void who_cancels_passes_its_turn_on(void **) {
  Pair pair;
  const auto holder = pair.one.acquire("a/b", lease_id(1));
  const auto second = pair.two.acquire("a/b", lease_id(2));
  const auto third = pair.one.acquire("a/b", lease_id(3));
  // The message that it is its turn is on its way when it gives up.
  pair.one.release("a/b", lease_id(1), granted(pair.one, holder).fence);
  pair.two.cancel(second);
  assert_int_equal(pair.two.answer(second).status, REPOLOCK_E_CANCELED);
  pair.settle();
  const Grant &grant = granted(pair.one, third);
  assert_int_equal(grant.previous, REPOLOCK_PREVIOUS_RELEASED);
  pair.two.cancel(second);
  pair.two.cancel(4711);
  // A writer that gives up lets the readers behind it join those who read already.
  pair.one.release("a/b", lease_id(3), grant.fence);
  pair.one.acquire("a/b", lease_id(4), {.shared = true});
  const auto writer = pair.two.acquire("a/b", lease_id(5));
  const auto reader = pair.one.acquire("a/b", lease_id(6), {.shared = true});
  assert_false(pair.one.answered(reader));
  pair.two.cancel(writer);
  pair.settle();
  granted(pair.one, reader);
  pair.done();
}

void a_client_that_closes_leaves_its_place(void **) {
  Pair pair;
  pair.one.acquire("a/b", lease_id(1));
  for (uint64_t i = 2; i < 5; ++i) pair.one.acquire("a/b", lease_id(i));
  const auto waiter = pair.two.acquire("a/b", lease_id(5));
  pair.one.close();
  pair.clock.advance(10);
  // What it held was not released: the careful word for it.
  assert_int_equal(granted(pair.two, waiter).previous, REPOLOCK_PREVIOUS_CRASHED);
  pair.done();
}

void says_how_the_last_one_ended(void **) {
  Pair pair;
  for (const int32_t ended : {REPOLOCK_PREVIOUS_RELEASED, REPOLOCK_PREVIOUS_EXPIRED}) {
    const auto id = pair.one.acquire("a/b", lease_id(1));
    pair.one.release("a/b", lease_id(1), granted(pair.one, id).fence, ended);
    const Grant &grant = granted(pair.two, pair.two.acquire("a/b", lease_id(2), {.shared = true}));
    assert_int_equal(grant.previous, ended);
    pair.two.release("a/b", lease_id(2), grant.fence);
  }
  pair.done();
}

void extends_what_is_held(void **) {
  Pair pair;
  pair.one.acquire("a/b", lease_id(1));
  pair.one.acquire("a/c", lease_id(1));
  const Answer &both = pair.one.answer(pair.one.submit(
      REPOLOCK_REQUEST_EXTEND, {{"a/b", lease_id(1)}, {"a/c", lease_id(1)}, {"a/b", lease_id(9)}}));
  assert_int_equal(both.grants.size(), 3);
  assert_int_equal(both.grants[0].status, REPOLOCK_OK);
  assert_true(both.grants[0].valid_until_ms == INT64_MAX);
  assert_int_equal(both.grants[1].status, REPOLOCK_OK);
  assert_int_equal(both.grants[2].status, REPOLOCK_E_LOST);
  fs::remove(pair.directory.file("a/b"));
  const Answer &gone = pair.one.answer(pair.one.extend("a/b", lease_id(1)));
  assert_int_equal(gone.result(), REPOLOCK_E_LOST);
  assert_int_equal(gone.grant().reason, REPOLOCK_LOST_DATA);
  // Longer claims of a newer library are read as well.
  pair.one.pad_claims(24);
  const Answer &released = pair.one.answer(
      pair.one.submit(REPOLOCK_REQUEST_RELEASE, {{"a/b", lease_id(1)}, {"a/c", lease_id(1)}}));
  assert_int_equal(released.grants[1].status, REPOLOCK_OK);
  assert_int_equal(pair.one.answer(pair.one.release("a/c", lease_id(1))).result(), REPOLOCK_E_LOST);
  pair.done();
}

void a_descriptor_that_was_handed_out_serves_no_other_lease(void **) {
  Pair pair;
  const int fd = granted(pair.one, pair.one.acquire("a/b", lease_id(1))).inherit_fd;
  const int copy = dup(fd);  // some child has it, and lives on
  const Claim claim = {.repo = "a/b", .lease_id = lease_id(1), .inherited = true};
  granted(pair.one, pair.one.submit(REPOLOCK_REQUEST_RELEASE, {claim}));
  assert_true(fcntl(fd, F_GETFD) < 0);
  granted(pair.one, pair.one.acquire("a/b", lease_id(2)));
  pair.one.close();  // as a crash would, without a release
  const Grant &grant = granted(pair.two, pair.two.acquire("a/b", lease_id(3)));
  assert_int_equal(grant.previous, REPOLOCK_PREVIOUS_CRASHED);
  close(copy);
  pair.done();
}

void a_break_takes_it_away(void **) {
  Pair pair;
  const auto holder = pair.one.acquire("a/b", lease_id(1));
  const auto second = pair.two.acquire("a/b", lease_id(2));
  const int fd = granted(pair.one, holder).inherit_fd;
  assert_int_equal(pair.two.answer(pair.two.break_lease("a/b", lease_id(2))).result(),
                   REPOLOCK_E_LOST);  // it only waits
  assert_int_equal(pair.two.answer(pair.two.break_lease("x/y", lease_id(1))).result(),
                   REPOLOCK_E_LOST);
  assert_false(fs::exists(pair.directory.file("x/y")));

  granted(pair.two, pair.two.break_lease("a/b", lease_id(1)));
  // Granted before the holder has heard of it: its process might be stopped.
  const Grant &next = granted(pair.two, second);
  assert_int_equal(next.previous, REPOLOCK_PREVIOUS_BROKEN);
  assert_true(pair.one.revocations().empty());
  pair.settle();
  assert_int_equal(pair.one.revocations().size(), 1);
  assert_string_equal(pair.one.revocations()[0].lease_id.c_str(), lease_id(1).c_str());
  assert_int_equal(pair.one.revocations()[0].reason, REPOLOCK_LOST_BROKEN);
  assert_true(fcntl(fd, F_GETFD) >= 0);
  assert_int_equal(pair.one.answer(pair.one.extend("a/b", lease_id(1))).grant().reason,
                   REPOLOCK_LOST_BROKEN);
  const Answer &released = pair.one.answer(pair.one.release("a/b", lease_id(1)));
  assert_int_equal(released.result(), REPOLOCK_E_LOST);
  assert_int_equal(pair.two.answer(pair.two.extend("a/b", lease_id(2))).result(), REPOLOCK_OK);
  assert_int_equal(pair.one.revocations().size(), 1);
  pair.done();
}

void a_broken_one_that_never_hears_of_it_is_no_obstacle(void **) {
  Pair pair;
  pair.one.acquire("a/b", lease_id(1));
  granted(pair.two, pair.two.break_lease("a/b", lease_id(1)));
  // Client one has not run since. More leases come and go than the file has room for.
  uint64_t fence = 0;
  for (uint64_t i = 2; i < 5000; ++i) {
    const Grant grant = granted(pair.two, pair.two.acquire("a/b", lease_id(i)));
    assert_true(grant.fence > fence);
    fence = grant.fence;
    granted(pair.two, pair.two.release("a/b", lease_id(i), fence));
  }
  const auto holder = pair.two.acquire("a/b", lease_id(5000));
  assert_int_equal(pair.one.answer(pair.one.release("a/b", lease_id(1))).grant().reason,
                   REPOLOCK_LOST_BROKEN);
  const auto refused = pair.one.acquire("a/b", lease_id(5001), {.wait = false});
  assert_int_equal(pair.one.answer(refused).status, REPOLOCK_E_HELD);
  assert_int_equal(pair.one.revocations().size(), 1);
  // Its entry had another lease's by then, which is as it was.
  const auto rows = pair.one.answer(pair.one.inspect("a/b")).rows;
  assert_int_equal(rows.size(), 1);
  assert_string_equal(rows[0].lease_id.c_str(), lease_id(5000).c_str());
  granted(pair.two, holder);
  pair.done();
}

void inspect_shows_holders_and_waiters(void **) {
  Pair pair;
  assert_true(pair.one.answer(pair.one.inspect("a/b")).rows.empty());
  assert_int_equal(pair.one.answer(pair.one.inspect("a/b")).status, REPOLOCK_OK);
  assert_false(fs::exists(pair.directory.file("a/b")));

  const auto holder = pair.one.acquire("a/b", lease_id(1), {.holder = "job-1"});
  pair.clock.advance(700);
  const auto gone = pair.two.acquire("a/b", lease_id(2), {.holder = "job-2"});
  pair.two.acquire("a/b", lease_id(3), {.shared = true, .holder = "job-3"});
  pair.two.cancel(gone);
  pair.clock.advance(300);
  const auto rows = pair.one.answer(pair.one.inspect("a/b")).rows;
  assert_int_equal(rows.size(), 2);
  assert_int_equal(rows[0].row, REPOLOCK_ROW_HOLDER);
  assert_string_equal(rows[0].repo.c_str(), "a/b");
  assert_string_equal(rows[0].lease_id.c_str(), lease_id(1).c_str());
  assert_string_equal(rows[0].holder.c_str(), "job-1");
  assert_string_equal(rows[0].host.c_str(), "test-host");
  assert_int_equal(rows[0].pid, getpid());
  assert_int_equal(rows[0].fence, granted(pair.one, holder).fence);
  assert_int_equal(rows[0].age_ms, 1000);
  assert_int_equal(rows[0].shared, 0);
  assert_string_equal(rows[0].message.c_str(), "");
  assert_int_equal(rows[1].row, REPOLOCK_ROW_WAITER);
  assert_int_equal(rows[1].place, 1);
  assert_int_equal(rows[1].shared, 1);
  assert_int_equal(rows[1].age_ms, 300);

  const std::string opaque(300, '\x7F');
  pair.one.acquire(opaque, lease_id(4));
  pair.one.acquire("x/y", lease_id(5));
  pair.one.release("x/y", lease_id(5));
  std::vector<std::string> repos;
  for (const auto &row : pair.two.answer(pair.two.inspect()).rows) repos.push_back(row.repo);
  std::sort(repos.begin(), repos.end());
  assert_true(repos == (std::vector<std::string>{"a/b", "a/b", opaque}));
  pair.done();
}

void a_holder_text_is_cut_at_a_whole_character(void **) {
  Pair pair;
  for (const std::string start : {"", "x"}) {
    std::string text = start;
    for (int i = 0; i < 300; ++i) text += "\xC3\xA4";
    pair.one.acquire("a/b", lease_id(1), {.holder = text});
    const std::string shown = pair.one.answer(pair.one.inspect("a/b")).rows.at(0).holder;
    assert_true(shown.size() > 300 && shown.size() % 2 == start.size());
    assert_true(text.compare(0, shown.size(), shown) == 0);
    pair.one.release("a/b", lease_id(1));
  }
  pair.done();
}

void what_is_too_late_is_not_granted(void **) {
  Pair pair;
  const int64_t past = pair.clock.now() - 1;
  const auto wait = pair.one.acquire("a/b", lease_id(1), {.deadline_ms = past});
  assert_int_equal(pair.one.answer(wait).status, REPOLOCK_E_TIMEOUT);
  const auto tried = pair.one.acquire("a/b", lease_id(2), {.wait = false, .deadline_ms = past});
  assert_int_equal(pair.one.answer(tried).status, REPOLOCK_E_HELD);
  pair.done();
}

void a_neighbour_stopped_in_the_section_hangs_nobody(void **) {
  Pair pair;
  const auto held = pair.one.acquire("a/b", lease_id(1));
  const auto waiter = pair.two.acquire("a/b", lease_id(2));
  const int neighbour = open(pair.directory.file("a/b").c_str(), O_RDWR | O_CLOEXEC);
  using repolock::port::FileLock;
  assert_int_equal(repolock::port::try_lock_byte(neighbour, 0, FileLock::kExclusive), 0);

  const auto tried = pair.two.acquire("a/b", lease_id(3), {.wait = false});
  const auto breaking = pair.two.break_lease("a/b", lease_id(1));
  const auto timed = pair.two.acquire("a/b", lease_id(4), {.deadline_ms = pair.clock.now() + 3000});
  const auto patient = pair.two.acquire("a/b", lease_id(5));
  pair.clock.advance(200);
  assert_false(pair.two.waiting(patient).empty());  // the library knows that it is being tried
  pair.clock.advance(2900);
  assert_int_equal(pair.two.answer(tried).status, REPOLOCK_E_HELD);
  assert_int_equal(pair.two.answer(breaking).status, REPOLOCK_E_UNAVAILABLE);
  const Answer &over = pair.two.answer(timed);
  assert_int_equal(over.status, REPOLOCK_E_TIMEOUT);
  assert_int_equal(over.rows.back().row, REPOLOCK_ROW_NODE);
  assert_true(over.rows.back().message.find("stopped") != std::string::npos);
  // Neither a release nor who waits already needs the section.
  pair.one.release("a/b", lease_id(1), granted(pair.one, held).fence);
  pair.settle();
  const uint64_t fence = granted(pair.two, waiter).fence;
  assert_false(pair.two.answered(patient));
  close(neighbour);
  pair.clock.advance(100);
  pair.two.release("a/b", lease_id(2), fence);
  pair.settle();
  granted(pair.two, patient);
  pair.done();
}

void requests_of_one_client_keep_their_order(void **) {
  Pair pair;
  pair.one.acquire("a/b", lease_id(1));
  pair.one.release("a/b", lease_id(1));
  const int neighbour = open(pair.directory.file("a/b").c_str(), O_RDWR | O_CLOEXEC);
  using repolock::port::FileLock;
  assert_int_equal(repolock::port::try_lock_byte(neighbour, 0, FileLock::kExclusive), 0);
  const auto first = pair.two.acquire("a/b", lease_id(2));
  const auto tired = pair.two.acquire("a/b", lease_id(3));
  pair.clock.advance(20);
  close(neighbour);
  const auto last = pair.two.acquire("a/b", lease_id(4));  // the section is free by now
  assert_false(pair.two.answered(last));
  pair.two.cancel(tired);
  pair.clock.advance(20);
  granted(pair.two, first);
  assert_false(pair.two.answered(last));
  pair.two.release("a/b", lease_id(2));
  pair.settle();
  granted(pair.two, last);
  pair.done();
}

void many_messages_at_once_are_not_lost(void **) {
  Pair pair;
  constexpr uint64_t kMany = 100;
  std::vector<uint64_t> ids;
  for (uint64_t i = 0; i < kMany; ++i) {
    const std::string repo = "a/" + std::to_string(i);
    pair.one.acquire(repo, lease_id(i));
    ids.push_back(pair.two.acquire(repo, lease_id(kMany + i)));
  }
  // More than a socket's queue holds, before the receiver has its turn.
  for (uint64_t i = 0; i < kMany; ++i) pair.one.release("a/" + std::to_string(i), lease_id(i));
  pair.settle();
  for (const uint64_t id : ids) granted(pair.two, id);
  pair.done();
}

void diagnose_says_where(void **) {
  Pair pair;
  const auto rows = pair.one.answer(pair.one.diagnose()).rows;
  assert_false(rows.empty());
  assert_int_equal(rows[0].row, REPOLOCK_ROW_NODE);
  assert_string_equal(rows[0].host.c_str(), pair.directory.path().c_str());
  assert_string_equal(rows[0].status.c_str(), "OK");
  pair.done();
}

size_t open_descriptors() {
  const fs::directory_iterator all("/proc/self/fd");
  return static_cast<size_t>(std::distance(fs::begin(all), fs::end(all)));
}

void closing_leaves_nothing_open(void **) {
  const size_t before = open_descriptors();
  {
    Pair pair;
    for (uint64_t i = 0; i < 100; ++i) {
      pair.one.acquire("a/" + std::to_string(i), lease_id(i));
      pair.two.acquire("a/" + std::to_string(i), lease_id(1000 + i));
    }
    for (uint64_t i = 0; i < 80; ++i) pair.one.release("a/" + std::to_string(i), lease_id(i));
    pair.settle();
    const size_t busy = open_descriptors();
    // What nobody needs is closed after a while.
    for (uint64_t i = 0; i < 80; ++i)
      pair.two.release("a/" + std::to_string(i), lease_id(1000 + i));
    pair.clock.advance(60'000);
    assert_true(open_descriptors() <= busy - 140);
    pair.done();
  }
  assert_int_equal(open_descriptors(), before);
}

void what_killed_clients_left_is_swept(void **) {
  LockDirectory directory;
  const fs::path wake = directory.path() / "wake";
  fs::create_directory(wake);
  const auto bind_there = [&](const char *name) {
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (wake / name).string().copy(address.sun_path, sizeof address.sun_path - 1);
    assert_int_equal(bind(fd, reinterpret_cast<sockaddr *>(&address), sizeof address), 0);
    return fd;
  };
  close(bind_there("00000000000000a1"));
  const int alive = bind_there("00000000000000a2");
  close(bind_there("00000000000000a3"));
  std::ofstream(wake / ".new-1-0") << "";
  std::ofstream(wake / "somebody's own") << "";
  const timespec old[2] = {{1000, 0}, {1000, 0}};
  for (const char *name : {"00000000000000a1", "00000000000000a2", ".new-1-0", "somebody's own"})
    assert_int_equal(utimensat(AT_FDCWD, (wake / name).c_str(), old, 0), 0);

  BackendDriver driver;
  assert_int_equal(driver.open(init, directory.url()), REPOLOCK_OK);
  driver.acquire("a/b", lease_id(1));
  assert_false(fs::exists(wake / "00000000000000a1"));
  assert_true(fs::exists(wake / "00000000000000a2"));
  assert_true(fs::exists(wake / "00000000000000a3"));  // it might be about to be used
  assert_false(fs::exists(wake / ".new-1-0"));
  assert_true(fs::exists(wake / "somebody's own"));
  close(alive);
}

void a_directory_with_a_long_path(void **) {
  LockDirectory directory;
  const std::string url = directory.url() + "/" + std::string(150, 'x');
  FakeClock clock;
  BackendDriver one(&clock), two(&clock);
  assert_int_equal(one.open(init, url), REPOLOCK_OK);
  assert_int_equal(two.open(init, url), REPOLOCK_OK);
  one.acquire("a/b", lease_id(1));
  const auto waiter = two.acquire("a/b", lease_id(2));
  one.release("a/b", lease_id(1));
  clock.advance(0);
  granted(two, waiter);
  assert_true(one.logs().empty() && two.logs().empty());
}

void an_option_is_refused(void **) {
  LockDirectory directory;
  BackendDriver driver;
  assert_int_equal(driver.open(init, directory.url(), {{"file.mode", "1"}}), REPOLOCK_E_INVALID);
  assert_true(driver.open_error().find("file.mode") != std::string::npos);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(claims_what_holds),
      cmocka_unit_test(grants_what_is_free),
      cmocka_unit_test(hands_over_in_order),
      cmocka_unit_test(a_try_leaves_no_trace),
      cmocka_unit_test(shared_ones_go_together_and_in_order),
      cmocka_unit_test(tells_waiters_their_place),
      cmocka_unit_test(a_wait_ends_at_its_deadline),
      cmocka_unit_test(who_cancels_passes_its_turn_on),
      cmocka_unit_test(a_client_that_closes_leaves_its_place),
      cmocka_unit_test(says_how_the_last_one_ended),
      cmocka_unit_test(extends_what_is_held),
      cmocka_unit_test(a_descriptor_that_was_handed_out_serves_no_other_lease),
      cmocka_unit_test(a_break_takes_it_away),
      cmocka_unit_test(a_broken_one_that_never_hears_of_it_is_no_obstacle),
      cmocka_unit_test(inspect_shows_holders_and_waiters),
      cmocka_unit_test(a_holder_text_is_cut_at_a_whole_character),
      cmocka_unit_test(what_is_too_late_is_not_granted),
      cmocka_unit_test(a_neighbour_stopped_in_the_section_hangs_nobody),
      cmocka_unit_test(requests_of_one_client_keep_their_order),
      cmocka_unit_test(many_messages_at_once_are_not_lost),
      cmocka_unit_test(diagnose_says_where),
      cmocka_unit_test(closing_leaves_nothing_open),
      cmocka_unit_test(what_killed_clients_left_is_swept),
      cmocka_unit_test(a_directory_with_a_long_path),
      cmocka_unit_test(an_option_is_refused),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
