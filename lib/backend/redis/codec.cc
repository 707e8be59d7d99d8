#include "backend/redis/codec.h"

#include <hiredis/hiredis.h>

#include <new>
#include <utility>
#include <vector>

namespace repolock::backend::redis {

// The reader builds a reply by these, from the outside in. An element lies in its array already; only
// the outermost one is on the heap by itself. nullptr: the reader gives up.
struct Building {
  static Reply *place_of(const redisReadTask *task) {
    if (task->parent == nullptr) return new Reply;
    auto *array = static_cast<Reply *>(task->parent->obj);
    return &array->elements[static_cast<size_t>(task->idx)];
  }

  template <class Fill>
  static void *build(const redisReadTask *task, const Fill &fill) {
    try {
      Reply *reply = place_of(task);
      try {
        fill(*reply);
      } catch (...) {
        if (task->parent == nullptr) delete reply;
        throw;
      }
      return reply;
    } catch (const std::bad_alloc &) {
      return nullptr;
    }
  }

  static void *text(const redisReadTask *task, char *bytes, size_t size) {
    auto &decoder = *static_cast<Decoder *>(task->privdata);
    if (size > decoder.bytes_left_) {
      decoder.is_too_large_ = true;
      return nullptr;
    }
    decoder.bytes_left_ -= size;
    return build(task, [&](Reply &reply) {
      reply.kind = task->type == REDIS_REPLY_ERROR    ? Reply::Kind::kError
                   : task->type == REDIS_REPLY_STATUS ? Reply::Kind::kStatus
                                                      : Reply::Kind::kText;
      reply.text.assign(bytes, size);
    });
  }

  // hiredis 1.0 made an int of 0.14 a size_t.
  template <class Count>
  static void *array(const redisReadTask *task, Count count) {
    auto &decoder = *static_cast<Decoder *>(task->privdata);
    const auto size = static_cast<size_t>(count);
    if (size > decoder.elements_left_) {
      decoder.is_too_long_ = true;
      return nullptr;
    }
    decoder.elements_left_ -= size;
    return build(task, [&](Reply &reply) {
      reply.kind = Reply::Kind::kArray;
      reply.elements.resize(size);
    });
  }

  static void *integer(const redisReadTask *task, long long value) {
    return build(task, [&](Reply &reply) {
      reply.kind = Reply::Kind::kInteger;
      reply.integer = value;
    });
  }

  static void *nil(const redisReadTask *task) {
    return build(task, [](Reply &) {});
  }

  static void free(void *outermost) { delete static_cast<Reply *>(outermost); }

  static redisReplyObjectFunctions functions() {
    redisReplyObjectFunctions functions{};
    functions.createString = text;
    functions.createArray = array;
    functions.createInteger = integer;
    functions.createNil = nil;
    functions.freeObject = free;
    return functions;
  }
};

void append_command(std::string &out, std::span<const std::string_view> words) {
  std::vector<const char *> texts;
  std::vector<size_t> sizes;
  texts.reserve(words.size());
  sizes.reserve(words.size());
  for (const std::string_view word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  char *command = nullptr;
  const auto size =
      redisFormatCommandArgv(&command, static_cast<int>(words.size()), texts.data(), sizes.data());
  if (size < 0) throw std::bad_alloc();
  const std::unique_ptr<char, void (*)(char *)> owner(command, redisFreeCommand);
  out.append(command, static_cast<size_t>(size));
}

void Decoder::Free::operator()(redisReader *reader) const {
  redisReaderFree(reader);
}

Decoder::Decoder() {
  static redisReplyObjectFunctions functions = Building::functions();
  reader_.reset(redisReaderCreateWithFunctions(&functions));
  if (!reader_) throw std::bad_alloc();
  reader_->privdata = this;
}

Decoder::~Decoder() = default;

bool Decoder::feed(const char *bytes, size_t size) {
  if (!error_.empty()) return false;
  if (redisReaderFeed(reader_.get(), bytes, size) != REDIS_OK) return fail("out of memory");
  return true;
}

std::optional<Reply> Decoder::next() {
  if (!error_.empty()) return std::nullopt;
  void *built = nullptr;
  const bool is_well = redisReaderGetReply(reader_.get(), &built) == REDIS_OK;
  if (is_too_large_ || (is_well && built == nullptr && reader_->len - reader_->pos > bytes_left_)) {
    fail("a reply of more than " + std::to_string(kMostBytes >> 20) + " MiB");
    return std::nullopt;
  }
  if (!is_well) {
    fail(is_too_long_ ? "a reply of more than " + std::to_string(kMostElements) + " elements"
                      : reader_->errstr);
    return std::nullopt;
  }
  if (built == nullptr) return std::nullopt;
  const std::unique_ptr<Reply> reply(static_cast<Reply *>(built));
  elements_left_ = kMostElements;
  bytes_left_ = kMostBytes;
  return std::move(*reply);
}

bool Decoder::fail(std::string error) {
  error_ = std::move(error);
  return false;
}

}  // namespace repolock::backend::redis
