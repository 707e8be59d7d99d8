// reply.h - what a server answers (RESP2).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace repolock::backend::redis {

struct Reply {
  enum class Kind {
    kNil,
    kInteger,
    kText,
    kStatus,  // "OK", "QUEUED"
    kError,   // "WRONGTYPE Operation against a key holding..."
    kArray
  };

  Kind kind = Kind::kNil;
  int64_t integer = 0;
  std::string text;  // of kText, kStatus, kError
  std::vector<Reply> elements;

  bool is_error() const { return kind == Kind::kError; }
};

}  // namespace repolock::backend::redis
