// The words of the command `repolock`: times, tables, JSON, labels, exit codes.
#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "duration.h"
#include "exit_codes.h"
#include "json.h"
#include "label.h"
#include "loss.h"
#include "table.h"
#include "text.h"

// Last: cmocka defines fail() as a macro.
#include "support/cmocka.h"

namespace {

using namespace repolock::shell;

void assert_text(const std::string &text, const std::string &expected) {
  assert_string_equal(text.c_str(), expected.c_str());
}

void test_durations_are_seconds_or_have_a_unit(void **) {
  const struct {
    const char *text;
    int64_t ms;
  } cases[] = {{"0", 0},        {"10", 10'000},  {"0.5", 500},        {".25", 250},
               {"30s", 30'000}, {"5m", 300'000}, {"1.5h", 5'400'000}, {"2d", 172'800'000},
               {"250ms", 250},  {"0.0001", 1},   {"0.2ms", 1},        {"10000d", 864'000'000'000}};
  for (const auto &each : cases) {
    const auto parsed = parse_duration(each.text);
    if (!parsed || *parsed != each.ms) fail_msg("%s", each.text);
  }
}

void test_what_is_no_duration(void **) {
  for (const char *text : {"", "s", "-1", "-0", "1x", "1 s", " 1", "1s ", "1h30m", "inf", "nan",
                           "1e3", "0x10", "10001d", "99999999999999999999", "1,5"}) {
    if (parse_duration(text)) fail_msg("'%s'", text);
  }
}

void test_ages_and_spans(void **) {
  assert_text(age_text(0), "0s");
  assert_text(age_text(12'999), "12s");
  assert_text(age_text(185'000), "3m 5s");
  assert_text(age_text(7'440'000), "2h 4m");
  assert_text(age_text(277'200'000), "3d 5h");
  assert_text(span_text(50), "50ms");
  assert_text(span_text(1'540), "1.5s");
  assert_text(span_text(3'000), "3s");
  assert_text(span_text(9'940), "9.9s");
  assert_text(span_text(12'345), "12s");
}

void test_foreign_bytes_are_harmless_on_a_terminal(void **) {
  assert_text(printable("caf\u00E9 \U0001F512"), "caf\u00E9 \U0001F512");
  assert_text(printable("a\033[2Jb\n\x7F"), "a?[2Jb??");
  assert_text(printable("\u009B31m"), "?31m");  // the one-character form of ESC [
  assert_text(printable("\xFF\xC0\xAF\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD");
  assert_text(printable("\xE2\x82"), "\uFFFD\uFFFD");
  assert_text(printable("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");
}

void test_cut_keeps_characters_whole(void **) {
  assert_text(cut("short", 5), "short");
  assert_text(cut("longer", 5), "lo...");
  assert_text(cut("a\u00E9\u00E9\u00E9", 5), "a...");
  assert_text(cut("longer", 2), "..");
  assert_text(cut("longer", 0), "");
}

void test_quoted_is_one_word_of_a_shell(void **) {
  assert_text(quoted("file:///srv/a-b_1"), "file:///srv/a-b_1");
  assert_text(quoted(""), "''");
  assert_text(quoted("it's $HOME"), "'it'\\''s $HOME'");
}

void test_json(void **) {
  JsonObject object;
  object.text("a", "\"\\\n\x01").number("b", -7).boolean("c", true);
  object.text_or_null("d", "").number_or_null("e", -1).raw("f", json_array({"1", "2"}));
  assert_text(object.str(),
              R"({"a":"\"\\\u000a\u0001","b":-7,"c":true,"d":null,"e":null,"f":[1,2]})");
  assert_text(JsonObject().text("bad", "\xC3(").str(), "{\"bad\":\"\uFFFD(\"}");
  assert_text(json_array({}), "[]");
}

void test_columns_are_as_wide_as_their_characters(void **) {
  assert_text(table({{"A", "B", "C"}, {"\u00E9\u00E9\u00E9", "1", "x"}}),
              "A    B  C\n\u00E9\u00E9\u00E9  1  x\n");
  assert_text(wrapped("one two three", 2, 9), "  one two\n  three\n");
}

void test_label_has_no_passwords(void **) {
  const std::string label = default_label(
      {"git", "clone", "https://bob:s3cret@host/o/n?x=1", "-c", "a=ssh://tok@h b://c@d"});
  assert_true(label.ends_with(": git clone https://***@host/o/n?x=1 -c a=ssh://***@h b://***@d"));
}

void test_label_is_cut_and_printable(void **) {
  const std::string label = default_label({"echo", std::string(300, 'x')});
  assert_int_equal(label.size(), 120);
  assert_true(label.ends_with("xxx..."));
  assert_true(default_label({"a\nb\xFF"}).ends_with(": a?b\uFFFD"));
}

void test_every_status_has_a_row_of_the_exit_codes(void **) {
  std::set<int> codes;
  for (const auto &row : exit_rows()) assert_true(codes.insert(row.code).second);
  for (int32_t status = 0; status >= -20; --status) {
    if (!codes.contains(exit_code_of(status))) fail_msg("status %d", status);
  }
  assert_int_equal(exit_code_of(REPOLOCK_E_HELD), kExitNotObtained);
  assert_int_equal(exit_code_of(REPOLOCK_E_TIMEOUT), kExitNotObtained);
  assert_int_equal(exit_code_of(REPOLOCK_E_UNAVAILABLE), kExitUnavailable);
  assert_int_equal(exit_code_of(REPOLOCK_E_IO), kExitUnavailable);
  assert_int_equal(exit_code_of(REPOLOCK_E_DENIED), kExitDenied);
  assert_int_equal(exit_code_of(REPOLOCK_E_INVALID), kExitUsage);
  assert_int_equal(exit_code_of(REPOLOCK_E_MISCONFIGURED), kExitInternal);
  assert_int_equal(exit_code_of(-1000), kExitInternal);  // of a later library
}

void test_sigkill_comes_before_the_lease_ends(void **) {
  RunOptions run;                                 // kill-after 10s
  assert_int_equal(grace_ms(5'000, run), 4'000);  // ttl 30s: told at ttl/6, dead by end - ttl/30
  assert_int_equal(grace_ms(60'000, run), 10'000);
  assert_int_equal(grace_ms(INT64_MAX, run), 10'000);
  assert_int_equal(grace_ms(0, run), 1'000);  // somebody may have it already
  run.kill_after_ms = 200;
  assert_int_equal(grace_ms(5'000, run), 200);
  assert_int_equal(grace_ms(0, run), 200);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_durations_are_seconds_or_have_a_unit),
      cmocka_unit_test(test_what_is_no_duration),
      cmocka_unit_test(test_ages_and_spans),
      cmocka_unit_test(test_foreign_bytes_are_harmless_on_a_terminal),
      cmocka_unit_test(test_cut_keeps_characters_whole),
      cmocka_unit_test(test_quoted_is_one_word_of_a_shell),
      cmocka_unit_test(test_json),
      cmocka_unit_test(test_columns_are_as_wide_as_their_characters),
      cmocka_unit_test(test_label_has_no_passwords),
      cmocka_unit_test(test_label_is_cut_and_printable),
      cmocka_unit_test(test_every_status_has_a_row_of_the_exit_codes),
      cmocka_unit_test(test_sigkill_comes_before_the_lease_ends),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
