// snapshot.hpp - who holds and who waits, as plain values.
#ifndef REPOLOCK_CPP_SNAPSHOT_HPP
#define REPOLOCK_CPP_SNAPSHOT_HPP

#include <repolock/repolock.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace repolock {

using std::chrono::milliseconds;

struct holder {
  std::string repo, lease_id;
  std::string text;  // the job, as set in its request
  std::string host;
  std::int64_t pid, fence;
  bool shared;
  milliseconds age, remaining;  // holds since; until it ends unless renewed
};

struct waiter {
  std::string repo, text, host;
  std::int64_t pid;
  std::int64_t place;  // 1: next
  bool shared;
  milliseconds age;
};

struct node {  // a server that was asked, or a finding of diagnose()
  std::string host, status, message;
};

struct snapshot {
  std::vector<holder> holders;
  std::vector<waiter> waiters;  // in their order
  std::vector<node> nodes;
};

namespace detail {

inline snapshot read(const repolock_snapshot_t *from) {
  snapshot seen;
  for (size_t row = 0; row < repolock_snapshot_size(from); ++row) {
    const auto text = [&](std::int32_t field) {
      return std::string(repolock_snapshot_text(from, row, field));
    };
    const auto number = [&](std::int32_t field) {
      return repolock_snapshot_number(from, row, field);
    };
    switch (number(REPOLOCK_NUMBER_ROW)) {
      case REPOLOCK_ROW_HOLDER:
        seen.holders.push_back(
            {text(REPOLOCK_TEXT_REPO), text(REPOLOCK_TEXT_LEASE_ID), text(REPOLOCK_TEXT_HOLDER),
             text(REPOLOCK_TEXT_HOST), number(REPOLOCK_NUMBER_PID), number(REPOLOCK_NUMBER_FENCE),
             number(REPOLOCK_NUMBER_SHARED) == 1, milliseconds(number(REPOLOCK_NUMBER_AGE_MS)),
             milliseconds(number(REPOLOCK_NUMBER_REMAINING_MS))});
        break;
      case REPOLOCK_ROW_WAITER:
        seen.waiters.push_back({text(REPOLOCK_TEXT_REPO), text(REPOLOCK_TEXT_HOLDER),
                                text(REPOLOCK_TEXT_HOST), number(REPOLOCK_NUMBER_PID),
                                number(REPOLOCK_NUMBER_PLACE), number(REPOLOCK_NUMBER_SHARED) == 1,
                                milliseconds(number(REPOLOCK_NUMBER_AGE_MS))});
        break;
      case REPOLOCK_ROW_NODE:
        seen.nodes.push_back(
            {text(REPOLOCK_TEXT_HOST), text(REPOLOCK_TEXT_STATUS), text(REPOLOCK_TEXT_MESSAGE)});
        break;
      default:
        break;  // of a later version
    }
  }
  return seen;
}

inline snapshot snapshot_of(const repolock_op_t *op) {
  repolock_snapshot_t *taken = nullptr;
  if (repolock_op_snapshot(op, &taken) != REPOLOCK_OK) return {};
  return read(std::unique_ptr<repolock_snapshot_t, decltype(&repolock_snapshot_free)>(
                  taken, repolock_snapshot_free)
                  .get());
}

}  // namespace detail

}  // namespace repolock

#endif
