// What a Redis server sends: any bytes, in any pieces, are replies or the end; and the same replies
// however they are cut.
//
// An input is one byte that says how the rest is cut.
#include <optional>
#include <string>
#include <vector>

#include "backend/redis/codec.h"
#include "backend/redis/server_error.h"
#include "fuzz.h"

namespace {

using namespace repolock::backend;  // NOLINT(google-build-using-namespace): all of these are there
using redis::Decoder;
using redis::Reply;
using repolock::fuzz::must;

size_t weight(const Reply &reply) {
  size_t sum = 1 + reply.text.size();
  for (const Reply &element : reply.elements) sum += weight(element);
  return sum;
}

void look_at(const Reply &reply) {
  if (reply.is_error()) {
    const Failure failure = redis::failure_of(reply.text, "server");
    must(repolock::fuzz::is_sentence(failure.message), "an error is told in a sentence");
    must(failure.message.size() < 500, "an error is told in few words");
    must(failure.status != REPOLOCK_OK, "an error is one");
  }
  must(reply.elements.empty() || reply.kind == Reply::Kind::kArray, "only an array has elements");
}

// The weights of the replies; and -1 where the server did something wrong.
std::vector<long> decode(std::string_view bytes, unsigned seed) {
  Decoder decoder;
  std::vector<long> found;
  bool is_good = true;
  while (!bytes.empty()) {
    seed = seed * 1103515245 + 12345;
    const size_t piece = std::min<size_t>(bytes.size(), seed == 0 ? bytes.size() : 1 + seed % 37);
    is_good = decoder.feed(bytes.data(), piece) && is_good;
    bytes.remove_prefix(piece);
    while (const auto reply = decoder.next()) {
      must(is_good, "nothing comes behind an error");
      look_at(*reply);
      found.push_back(static_cast<long>(weight(*reply)));
    }
    is_good = decoder.error().empty();
  }
  if (!is_good) {
    must(!decoder.feed("+OK\r\n", 5) && !decoder.next(), "the end is the end");
    found.push_back(-1);
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes = repolock::fuzz::text_of(data + 1, size - 1);
  const auto cut = decode(bytes, data[0]);
  must(cut == decode(bytes, data[0] * 7919U + 1), "replies do not depend on how they are cut");
  return 0;
}
