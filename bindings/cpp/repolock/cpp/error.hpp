// error.hpp - what is thrown, and how it comes to be.
#ifndef REPOLOCK_CPP_ERROR_HPP
#define REPOLOCK_CPP_ERROR_HPP

#include <repolock/repolock.h>
#include <repolock/cpp/code.hpp>
#include <repolock/cpp/snapshot.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace repolock {

// what() is one sentence that names the value, the holder or the server, and the remedy.
class error : public std::system_error {
 public:
  error(std::error_code code, std::string message, snapshot seen = {})
      : std::system_error(code),
        told_(std::make_shared<const told>(told{std::move(message), std::move(seen)})) {}

  const char *what() const noexcept override {
    return told_->message.empty() ? std::system_error::what() : told_->message.c_str();
  }

  // Of an acquisition that failed: in whose way it stood, its place in the queue (0: none), and what
  // each server answered.
  const std::vector<holder> &holders() const noexcept { return told_->seen.holders; }
  const std::vector<node> &nodes() const noexcept { return told_->seen.nodes; }
  std::int64_t place() const noexcept {
    return told_->seen.waiters.empty() ? 0 : told_->seen.waiters.front().place;
  }

 private:
  struct told {
    std::string message;
    snapshot seen;
  };
  std::shared_ptr<const told> told_;  // copying an exception must not throw
};

namespace detail {

// What becomes of a call: a code for those who gave one, else an exception.
struct outcome {
  std::error_code code;
  std::string message;
  snapshot seen;

  void raise_if_failed() {
    if (code) throw error(code, std::move(message), std::move(seen));
  }
};

inline void raise_if_failed(const std::error_code &code) {
  if (code) throw error(code, "");
}

inline outcome outcome_of(repolock_op_t *op) {
  outcome result{code_of(repolock_op_wait(op, -1)), {}, {}};
  if (result.code) result = {result.code, repolock_op_message(op), snapshot_of(op)};
  return result;
}

}  // namespace detail

}  // namespace repolock

#endif
