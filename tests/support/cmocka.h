// cmocka.h - cmocka for C++. Include it last: it defines fail() as a macro.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

extern "C" {
#include <cmocka.h>
}

// Where a backend broke a rule of plugin.h the test fails, at its own line.
#define assert_no_violations(driver)                                                            \
  do {                                                                                          \
    for (const auto &violation : (driver).violations()) print_error("%s\n", violation.c_str()); \
    assert_true((driver).violations().empty());                                                 \
  } while (0)
