// The table of statuses: what the public header says, name by name.
#include "core/status.h"

#include <repolock/repolock.h>

#include <cstdint>
#include <set>
#include <string>

// Last: cmocka defines fail() as a macro.
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}

namespace {

using repolock::core::status_is_retryable;
using repolock::core::status_name;

struct Expected {
  int32_t status;
  const char *name;
  bool retryable;
};

#define FAILS(name)               \
  Expected {                      \
    REPOLOCK_##name, #name, false \
  }
#define MAY_SUCCEED_LATER(name)  \
  Expected {                     \
    REPOLOCK_##name, #name, true \
  }

const Expected kExpected[] = {
    FAILS(OK),
    FAILS(E_INVALID),
    MAY_SUCCEED_LATER(E_NOMEM),
    MAY_SUCCEED_LATER(E_TIMEOUT),
    MAY_SUCCEED_LATER(E_HELD),
    FAILS(E_LOST),
    MAY_SUCCEED_LATER(E_UNKNOWN),
    MAY_SUCCEED_LATER(E_UNAVAILABLE),
    FAILS(E_CANCELED),
    FAILS(E_SHUTDOWN),
    FAILS(E_DENIED),
    FAILS(E_MISCONFIGURED),
    FAILS(E_UNSUPPORTED),
    FAILS(E_PLUGIN),
    FAILS(E_WRONG_THREAD),
    FAILS(E_FORKED),
    FAILS(E_DEADLOCK),
    FAILS(E_PENDING),
    FAILS(E_IO),
    FAILS(E_INTERNAL),
};

void test_names_and_numbers_are_those_of_the_header(void **) {
  for (const Expected &expected : kExpected) {
    assert_string_equal(status_name(expected.status), expected.name);
  }
}

void test_retryable(void **) {
  for (const Expected &expected : kExpected) {
    if (status_is_retryable(expected.status) != expected.retryable) fail_msg("%s", expected.name);
  }
}

void test_the_table_has_no_other_status(void **) {
  std::set<int32_t> known;
  for (const Expected &expected : kExpected) known.insert(expected.status);
#define REPOLOCK_IN_HEADER(enumerator, name, number, retryable) \
  assert_int_equal(known.erase(number), 1);
  REPOLOCK_STATUSES(REPOLOCK_IN_HEADER)
#undef REPOLOCK_IN_HEADER
  assert_true(known.empty());
}

void test_unknown_numbers_are_internal_and_final(void **) {
  for (const int32_t number : {1, 42, -19, -98, -100, INT32_MAX, INT32_MIN}) {
    assert_string_equal(status_name(number), "E_INTERNAL");
    assert_false(status_is_retryable(number));
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_names_and_numbers_are_those_of_the_header),
      cmocka_unit_test(test_retryable),
      cmocka_unit_test(test_the_table_has_no_other_status),
      cmocka_unit_test(test_unknown_numbers_are_internal_and_final),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
