// URLs of backends and the options of a client: any bytes are refused in words, or have one spelling
// that is its own; and no password is ever shown.
//
// An input is lines "key=value", as repolock run --option takes them, set one after another.
#include <string>
#include <string_view>
#include <variant>

#include "backend/file/address.h"
#include "backend/redis/address.h"
#include "core/options.h"
#include "core/url.h"
#include "fuzz.h"

namespace {

using namespace repolock;  // NOLINT(google-build-using-namespace): all of these are its rooms
using fuzz::is_sentence;
using fuzz::must;

constexpr std::string_view kSchemes[] = {"file", "memory"};

// What is before the last @, and no scheme, may be shown nowhere.
void read_redis_url(const std::string &text) {
  const auto address = backend::redis::parse_address(text);
  if (const auto *found = std::get_if<backend::redis::Address>(&address)) {
    must(!found->servers.empty() && found->servers.size() <= 31, "there is a server");
    must(found->is_quorum || found->servers.size() == 1, "several servers are a quorum");
    must(found->database >= 0 && found->database <= 1'000'000, "a database has a small number");
    for (const auto &server : found->servers) {
      must(server.host.empty() != server.path.empty(), "a server has a host or a path");
      must(server.path.empty() || server.path.starts_with('/'), "a path is absolute");
      must(server.path.empty() == (server.port != 0), "a host has a port");
    }
    return;
  }
  const std::string &message = std::get<backend::Failure>(address).message;
  must(is_sentence(message), "a refused URL is told in a sentence");
  // Words of our own, and what is shown anyway, are no secret.
  constexpr size_t kLongerThanWords = 16;
  const size_t at = text.rfind('@'), start = text.find("://");
  if (at == std::string::npos || start == std::string::npos || at < start + 3 + kLongerThanWords)
    return;
  const std::string secret = text.substr(start + 3, at - start - 3);
  must(message.find(secret) == std::string::npos || text.find(secret, at) != std::string::npos,
       "no password is shown");
}

void read_url(const std::string &text) {
  const std::string masked = core::masked_url(text);
  must(core::masked_url(masked) == masked, "a masked URL stays as it is");
  const auto url = core::parse_url(text);
  if (const auto *failure = core::failure_of(url)) {
    must(is_sentence(failure->message), "a refused URL is told in a sentence");
    return;
  }
  must(masked.starts_with(text.substr(0, text.find(':') + 1)), "its scheme is shown");
  read_redis_url(text);
  const auto address = backend::file::parse_address(text);
  if (const auto *found = std::get_if<backend::file::Address>(&address)) {
    must(found->path.starts_with('/'), "a directory is absolute");
    must(found->path == "/" || !found->path.ends_with('/'), "a directory has no slash at its end");
    must(found->path.find('\0') == std::string::npos, "a directory has no NUL");
  } else {
    must(!std::get<backend::Failure>(address).message.empty(), "a refusal has words");
  }
}

void set(core::Options &options, std::string_view key, std::string_view value) {
  const core::Options before = options;
  if (const auto failure = options.set(key, value)) {
    must(is_sentence(failure->message), "a refused option is told in a sentence");
    must(options.backend() == before.backend() && options.ttl() == before.ttl() &&
             options.wait() == before.wait() && options.holder() == before.holder(),
         "after a failure the earlier value stays");
    return;
  }
  const auto option = core::find_option(key);
  if (core::failure_of(option) != nullptr) {
    must(key.find('.') != std::string_view::npos, "what is no option is named after a plugin");
    return;
  }
  must(std::holds_alternative<core::Option>(option), "what was set is an option");
  const auto once = core::read_value(std::get<core::Option>(option), value);
  const auto &text = std::get<core::OptionValue>(once).text;
  const auto again = core::read_value(std::get<core::Option>(option), text);
  must(std::holds_alternative<core::OptionValue>(again), "its spelling can be set");
  must(std::get<core::OptionValue>(again).text == text, "its spelling is its own");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  core::Options options(kSchemes);
  std::string_view rest = fuzz::text_of(data, size);
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const size_t equals = line.find('=');
    const std::string_view key = line.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view{} : line.substr(equals + 1);
    set(options, key, value);
    if (key == "backend") read_url(std::string(value));
  }
  if (const auto failure = options.check())
    must(is_sentence(failure->message), "options that do not go together are told in a sentence");
  return 0;
}
