// codec.h - commands into bytes, bytes into replies: hiredis, and the limits of what is believed.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "backend/redis/reply.h"

struct redisReader;

namespace repolock::backend::redis {

// Throws std::bad_alloc; out is as it was then.
void append_command(std::string &out, std::span<const std::string_view> words);

// Replies out of bytes that come in any pieces. The server may be hostile: a reply that is larger than
// any of ours, or no reply at all, ends it for good.
class Decoder {
 public:
  static constexpr size_t kMostBytes = size_t{16} << 20;  // of one reply, in all its texts
  static constexpr size_t kMostElements = 200'000;        // likewise, in all its arrays

  Decoder();
  ~Decoder();
  Decoder(const Decoder &) = delete;
  Decoder &operator=(const Decoder &) = delete;

  // False, then and ever after: see error().
  bool feed(const char *bytes, size_t size);
  // Nothing: the next one is not whole yet, or never will be.
  std::optional<Reply> next();
  // What the server did wrong, in words; "": nothing.
  const std::string &error() const { return error_; }

 private:
  friend struct Building;
  bool fail(std::string error);

  struct Free {
    void operator()(redisReader *reader) const;
  };
  std::unique_ptr<redisReader, Free> reader_;
  size_t elements_left_ = kMostElements;  // of this reply
  size_t bytes_left_ = kMostBytes;        // likewise
  bool is_too_long_ = false, is_too_large_ = false;
  std::string error_;
};

}  // namespace repolock::backend::redis
