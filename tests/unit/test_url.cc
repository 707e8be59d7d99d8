// The URL of a backend, and what of it may be shown.
#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/quote.h"
#include "core/url.h"

// Last: cmocka defines fail() as a macro.
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}

namespace {

using repolock::core::Failure;
using repolock::core::failure_of;
using repolock::core::masked_url;
using repolock::core::parse_url;
using repolock::core::quoted;
using repolock::core::Status;
using repolock::core::Url;

Url good(std::string_view text) {
  const auto result = parse_url(text);
  if (const Failure *failure = failure_of(result)) fail_msg("%s", failure->message.c_str());
  return std::get<Url>(result);
}

std::string refusal(std::string_view text) {
  const auto result = parse_url(text);
  const Failure *failure = failure_of(result);
  if (failure == nullptr) fail_msg("\"%s\" was accepted", std::string(text).c_str());
  assert_true(failure->status == Status::kInvalid);
  return failure->message;
}

void test_scheme_and_rest(void **) {
  const std::vector<std::array<std::string, 3>> cases = {
      {"file:", "file", ""},
      {"file:///srv/Locks", "file", "///srv/Locks"},
      {"file:/srv/locks", "file", "/srv/locks"},
      {"FILE:///srv", "file", "///srv"},
      {"memory:", "memory", ""},
      {"memory:CI-1", "memory", "CI-1"},
      {"redis+unix:///run/redis.sock", "redis+unix", "///run/redis.sock"},
      {"x.y-z+1:a:b", "x.y-z+1", "a:b"},
      {"file:///srv/gr\xc3\xb6\xc3\x9f"
       "e",
       "file",
       "///srv/gr\xc3\xb6\xc3\x9f"
       "e"}};
  for (const auto &[text, scheme, rest] : cases) {
    const Url url = good(text);
    assert_string_equal(url.scheme.c_str(), scheme.c_str());
    assert_string_equal(url.rest.c_str(), rest.c_str());
  }
}

void test_no_scheme(void **) {
  for (const char *text : {"", "file", "/srv/locks", ":", ":x", "1file:", "fi le:", "fi/le:x",
                           "f\xc3\xb6:x", "-a:", "+a:"}) {
    const std::string message = refusal(text);
    if (message.find("does not begin with a scheme") == std::string::npos) {
      fail_msg("%s", message.c_str());
    }
  }
  assert_string_equal(refusal("/srv/locks").c_str(),
                      "backend \"/srv/locks\" does not begin with a scheme: write a URL such as "
                      "file: or file:///srv/locks");
}

void test_control_bytes_are_refused(void **) {
  for (const std::string_view text :
       {std::string_view("file:/a\0b", 9), std::string_view("file:/a\n"),
        std::string_view("\tfile:"), std::string_view("file:\x7f")}) {
    assert_true(refusal(text).find("has a control byte") != std::string::npos);
  }
}

void test_length(void **) {
  const std::string longest = "file:" + std::string(4091, 'a');
  assert_int_equal(good(longest).rest.size(), 4091);
  assert_true(refusal(longest + "a").find("(4097 bytes) is too long") != std::string::npos);
}

void test_secrets_are_masked(void **) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"redis://:secret@host/0", "redis://***@host/0"},
      {"redis://user:secret@host:6379", "redis://***@host:6379"},
      {"redis://user:se@c/r?et@host", "redis://***"},
      {"redis://user:sec@ret/@host", "redis://***@host"},
      {"https://secret@host/a", "https://***@host/a"},
      {"https:secret@host", "https:***@host"},
      {"user:secret@host:a/b", "user:***@host:a/b"},
      {"redis://host?password=secret", "redis://host?***"},
      {"redis://user:secret@host?a=b", "redis://***@host?***"},
      {"redis://host?password=a@secret", "redis://***"},
      {"redis://user:secret@", "redis://***@"},
      {"git@github.com:owner/name", "git@github.com:owner/name"},
      {"file:///srv/locks", "file:///srv/locks"},
      {"memory:", "memory:"},
      {"owner/name", "owner/name"},
      {"://", "://"},
      {"", ""}};
  for (const auto &[text, shown] : cases) {
    assert_string_equal(masked_url(text).c_str(), shown.c_str());
  }
  assert_true(refusal("re dis://u:secret@host").find("secret") == std::string::npos);
  assert_true(refusal("redis://u:secret@host\n").find("secret") == std::string::npos);
}

void test_quoted_is_one_printable_line(void **) {
  assert_string_equal(quoted("").c_str(), "\"\"");
  assert_string_equal(quoted("a b~").c_str(), "\"a b~\"");
  assert_string_equal(quoted({"\0\n\x1b\x7f\xff", 5}).c_str(), "\"\\x00\\x0a\\x1b\\x7f\\xff\"");
  assert_string_equal(quoted("say \"x\\").c_str(), "\"say \\x22x\\x5c\"");
  const std::string full(80, 'a');
  assert_string_equal(quoted(full).c_str(), ("\"" + full + "\"").c_str());
  assert_string_equal(quoted(full + "b").c_str(), ("\"" + full + "\"... (81 bytes)").c_str());
  assert_int_equal(quoted(std::string(1000, '\n')).size(),
                   2 + 80 + std::strlen("... (1000 bytes)"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_scheme_and_rest),
      cmocka_unit_test(test_no_scheme),
      cmocka_unit_test(test_control_bytes_are_refused),
      cmocka_unit_test(test_length),
      cmocka_unit_test(test_secrets_are_masked),
      cmocka_unit_test(test_quoted_is_one_printable_line),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
