// translate.h - the core's requests and answers as the C structs of plugin.h, and back.
#pragma once

#include <repolock/plugin.h>

#include <string>
#include <vector>

#include "core/backend.h"

namespace repolock::plugin {

// Who this process is: the same in every request.
struct Self {
  std::string host;
  std::string boot_id;
  int64_t pid = 0;
  int64_t pid_start = -1;
};

// A request in C, borrowing from what it was made of.
class RequestView {
 public:
  RequestView(const core::BackendRequest &request, const Self &self);
  RequestView(const RequestView &) = delete;
  RequestView &operator=(const RequestView &) = delete;

  const repolock_backend_request_t *get() const { return &request_; }

 private:
  std::vector<repolock_claim_t> claims_;
  repolock_owner_t owner_{};
  repolock_backend_request_t request_{};
};

// NULL is "".
std::string text(const char *from);

// Copies; what the sender's struct_size leaves out is as if it had not been told.
core::BackendAnswer copy_answer(const repolock_answer_t *answer);
core::LossReason loss_reason(int32_t reason);
core::Rows copy_rows(const repolock_row_t *rows, size_t count);

}  // namespace repolock::plugin
