// The library that is loaded may be older than the headers: the first client says so, in a sentence.
#include <chrono>
#include <cstring>

#include "support/cmocka.h"
// Behind it:
#include <repolock.hpp>

// The program's own goes before that of the library.
extern "C" std::uint32_t repolock_version(void) {
  return 0x000009;
}

namespace {

void an_older_library_is_refused_in_words(void ** /*state*/) {
  std::error_code code;
  const repolock::client none("memory:", {}, code);
  assert_true(code == repolock::errc::unsupported);
  assert_null(none.native_handle());
  try {
    const repolock::client refused("memory:");
    fail();
  } catch (const repolock::error &refused) {
    assert_non_null(strstr(refused.what(), "loaded is 0.0.9"));
    assert_non_null(strstr(refused.what(), "built with " REPOLOCK_VERSION_STRING));
  }
}

void a_later_one_of_the_same_major_version_will_do(void ** /*state*/) {
  using repolock::detail::check_version;
  check_version(0x000100, 0x000100);
  check_version(0x000203, 0x000100);
  for (const std::uint32_t loaded : {0x0000ff, 0x010000}) try {
      check_version(loaded, 0x000100);
      fail();
    } catch (const repolock::error &refused) {
      assert_true(refused.code() == std::errc::not_supported);
    }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(an_older_library_is_refused_in_words),
      cmocka_unit_test(a_later_one_of_the_same_major_version_will_do),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
