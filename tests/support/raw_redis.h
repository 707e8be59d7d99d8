// raw_redis.h - a test's own way into its redis-server: one command after the other.
#pragma once

#include <hiredis/hiredis.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/redis_server.h"

namespace repolock::testing {

class RawRedis {
 public:
  explicit RawRedis(const RedisServer &server)
      : context_(redisConnectUnix(server.path().c_str()), redisFree) {}

  // Of a string or a status; "" of nil, "-..." of an error.
  std::string text(const std::vector<std::string> &words) {
    const Reply reply = ask(words);
    if (reply == nullptr) return "-no connection";
    const std::string text = reply->str == nullptr ? "" : std::string(reply->str, reply->len);
    return reply->type == REDIS_REPLY_ERROR ? "-" + text : text;
  }
  // Of an integer; -1 of all else.
  int64_t number(const std::vector<std::string> &words) {
    const Reply reply = ask(words);
    return reply != nullptr && reply->type == REDIS_REPLY_INTEGER ? reply->integer : -1;
  }
  // Without waiting for the reply: nothing can be asked here after it.
  void send(const std::vector<std::string> &words) {
    append(words);
    int is_sent = 0;
    while (is_sent == 0 && redisBufferWrite(context_.get(), &is_sent) == REDIS_OK) continue;
  }

 private:
  using Reply = std::unique_ptr<redisReply, decltype(&freeReplyObject)>;

  void append(const std::vector<std::string> &words) {
    std::vector<const char *> texts;
    std::vector<size_t> sizes;
    for (const std::string &word : words) {
      texts.push_back(word.data());
      sizes.push_back(word.size());
    }
    redisAppendCommandArgv(context_.get(), static_cast<int>(words.size()), texts.data(),
                           sizes.data());
  }

  Reply ask(const std::vector<std::string> &words) {
    append(words);
    void *reply = nullptr;
    redisGetReply(context_.get(), &reply);
    return {static_cast<redisReply *>(reply), freeReplyObject};
  }

  std::unique_ptr<redisContext, decltype(&redisFree)> context_;
};

}  // namespace repolock::testing
