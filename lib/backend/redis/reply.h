// reply.h - what a server answers (RESP2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
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
  // An array that begins with it.
  bool says(std::string_view word) const { return kind == Kind::kArray && text_at(0) == word; }
  // Of an array's element; 0 and "" where a server has left it out.
  int64_t number_at(size_t index) const {
    return index < elements.size() ? elements[index].integer : 0;
  }
  std::string_view text_at(size_t index) const {
    return index < elements.size() ? std::string_view(elements[index].text) : std::string_view();
  }
};

}  // namespace repolock::backend::redis
