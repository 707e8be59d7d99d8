// Text for other people's terminals: well-formed UTF-8, no control characters.
#include "core/plain_text.h"

#include <string>
#include <string_view>
#include <vector>

// Last: cmocka defines fail() as a macro.
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}

namespace {

using repolock::core::bad_text_at;

void expect_bad_at(std::string_view text, size_t expected) {
  const size_t at = bad_text_at(text);
  if (at != expected) fail_msg("\"%s\": %zu", std::string(text).c_str(), at);
}

void test_text_of_all_kinds_is_good(void **) {
  for (const char *text : {"", "job 17", "~", "gr\xc3\xbc\xc3\x9f", "\xc2\xa0", "\xe0\xa0\x80",
                           "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbd", "\xf0\x90\x80\x80",
                           "\xf0\x9f\x94\x92", "\xf4\x8f\xbf\xbf"}) {
    expect_bad_at(text, std::string_view::npos);
  }
}

void test_control_characters(void **) {
  expect_bad_at("a\nb", 1);
  expect_bad_at("ab\x1b[2J", 2);
  expect_bad_at("\x7f", 0);
  expect_bad_at(std::string_view("a\0", 2), 1);
  expect_bad_at("a\xc2\x9b", 1);
  expect_bad_at("\xc2\x80", 0);
}

void test_broken_utf8(void **) {
  const std::vector<std::string> broken = {"\x80",              // no lead
                                           "\xff",              // never a byte of UTF-8
                                           "\xc0\xaf",          // overlong
                                           "\xc1\xbf",          // overlong
                                           "\xe0\x9f\xbf",      // overlong
                                           "\xf0\x8f\xbf\xbf",  // overlong
                                           "\xed\xa0\x80",      // surrogate
                                           "\xed\xbf\xbf",      // surrogate
                                           "\xf4\x90\x80\x80",  // beyond Unicode
                                           "\xf8\x88\x80\x80\x80",
                                           "\xc3",          // cut
                                           "\xe2\x82",      // cut
                                           "\xf0\x9f\x94",  // cut
                                           "\xc3(",         // no continuation
                                           "\xe2\x82(",
                                           "\xf0\x9f(\x92"};
  for (const std::string &text : broken) expect_bad_at("ok" + text, 2);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_text_of_all_kinds_is_good),
      cmocka_unit_test(test_control_characters),
      cmocka_unit_test(test_broken_utf8),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
