// The options of a client: the table, each value, and what goes together.
#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/options.h"
#include "core/request.h"

// Last: cmocka defines fail() as a macro.
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}

namespace {

using repolock::core::check_holder;
using repolock::core::describe;
using repolock::core::Failure;
using repolock::core::kForever;
using repolock::core::kMaxHolderBytes;
using repolock::core::kOptionCount;
using repolock::core::OptionDoc;
using repolock::core::Options;
using repolock::core::Status;

constexpr std::array<std::string_view, 2> kSchemes = {"file", "memory"};

Options defaults() {
  return Options(kSchemes);
}

void set(Options *options, std::string_view key, std::string_view value) {
  if (const auto failure = options->set(key, value)) fail_msg("%s", failure->message.c_str());
}

std::string refusal(std::string_view key, std::string_view value,
                    Status status = Status::kInvalid) {
  Options options = defaults();
  const std::optional<Failure> failure = options.set(key, value);
  if (!failure) {
    fail_msg("%s=%s was accepted", std::string(key).c_str(), std::string(value).c_str());
  }
  assert_true(failure->status == status);
  return failure->message;
}

bool contains(const std::string &text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

void test_defaults(void **) {
  const Options options = defaults();
  assert_string_equal(options.backend().c_str(), "file:");
  assert_true(options.backend_scheme() == "file");
  assert_true(options.backend_options().empty());
  assert_int_equal(options.ttl(), 30000);
  assert_int_equal(options.max_ttl(), 30000);
  assert_int_equal(options.wait(), 60000);
  assert_true(options.max_hold() == kForever);
  assert_true(options.heartbeat() == kForever);
  assert_int_equal(options.node_timeout(), 2000);
  assert_string_equal(options.holder().c_str(), "");
  assert_false(options.name_rules().case_sensitive);
  assert_false(options.name_rules().opaque);
  assert_string_equal(options.name_rules().default_host.c_str(), "github.com");
  assert_false(options.check().has_value());
}

void test_the_table_is_complete_and_its_defaults_are_valid(void **) {
  std::set<std::string> keys;
  for (size_t i = 0; i < kOptionCount; ++i) {
    const OptionDoc *doc = describe(i);
    assert_non_null(doc);
    assert_true(keys.insert(doc->key).second);
    assert_true(std::strlen(doc->type) > 0 && std::strlen(doc->doc) > 0);
    Options options = defaults();
    set(&options, doc->key, doc->deflt);
  }
  assert_null(describe(kOptionCount));
  assert_null(describe(SIZE_MAX));
  assert_string_equal(describe(0)->key, "backend");
  assert_string_equal(describe(1)->type, "ms, 1 to 86400000");
  assert_string_equal(describe(1)->deflt, "30000");
}

void test_values_are_kept(void **) {
  Options options = defaults();
  set(&options, "ttl_ms", "20000");
  set(&options, "max_ttl_ms", "40000");
  set(&options, "wait_ms", "0");
  set(&options, "max_hold_ms", "3600000");
  set(&options, "heartbeat_ms", "5000");
  set(&options, "node_timeout_ms", "500");
  set(&options, "repo.case", "sensitive");
  set(&options, "repo.form", "opaque");
  set(&options, "repo.default_host", "GitLab.com");
  set(&options, "holder", "job 17");
  assert_int_equal(options.ttl(), 20000);
  assert_int_equal(options.max_ttl(), 40000);
  assert_int_equal(options.wait(), 0);
  assert_int_equal(options.max_hold(), 3600000);
  assert_int_equal(options.heartbeat(), 5000);
  assert_int_equal(options.node_timeout(), 500);
  assert_true(options.name_rules().case_sensitive);
  assert_true(options.name_rules().opaque);
  assert_string_equal(options.name_rules().default_host.c_str(), "gitlab.com");
  assert_string_equal(options.holder().c_str(), "job 17");
  set(&options, "wait_ms", "-1");
  assert_true(options.wait() == kForever);
}

void test_a_copy_goes_its_own_way(void **) {
  Options options = defaults();
  set(&options, "holder", "one");
  Options copy = options;
  set(&options, "holder", "two");
  assert_string_equal(copy.holder().c_str(), "one");
}

void test_a_failure_changes_nothing(void **) {
  Options options = defaults();
  set(&options, "ttl_ms", "20000");
  assert_true(options.set("ttl_ms", "0").has_value());
  assert_true(options.set("ttl_ms", "soon").has_value());
  assert_int_equal(options.ttl(), 20000);
}

void test_times(void **) {
  assert_string_equal(refusal("ttl_ms", "0").c_str(),
                      "ttl_ms 0 is out of range: 1 to 86400000 milliseconds");
  assert_true(contains(refusal("wait_ms", "-2"), "-1 to 31536000000 milliseconds (-1: for ever)"));
  assert_true(contains(refusal("ttl_ms", "99999999999999999999"), "is out of range"));
  for (const char *key : {"ttl_ms", "max_ttl_ms", "max_hold_ms", "heartbeat_ms"}) {
    assert_true(contains(refusal(key, "-1"), "is out of range"));
  }
  for (const char *value : {"", " 5", "5 ", "30s", "1.5", "1e3", "0x10", "+5", "-", "five"}) {
    assert_true(contains(refusal("max_hold_ms", value), "is not a whole number of milliseconds"));
  }
}

void test_the_ends_of_a_range(void **) {
  Options options = defaults();
  for (const char *value : {"1", "86400000"}) set(&options, "ttl_ms", value);
  for (const char *value : {"-1", "0", "31536000000"}) set(&options, "wait_ms", value);
  for (const char *value : {"-0", "0000", "5"}) set(&options, "heartbeat_ms", value);
  assert_true(contains(refusal("ttl_ms", "86400001"), "is out of range"));
  assert_true(contains(refusal("wait_ms", "31536000001"), "is out of range"));
}

void test_choices(void **) {
  assert_string_equal(refusal("repo.case", "upper").c_str(),
                      "repo.case \"upper\" is not one of fold|sensitive");
  for (const char *value : {"", "Fold", "fold|sensitive", "|", "fol", "foldd"}) {
    assert_true(contains(refusal("repo.case", value), "is not one of"));
  }
}

void test_default_host(void **) {
  for (const char *value : {"", "https://gitlab.com", "a b", "gitlab.com/group", "h:0", "[::1]"}) {
    assert_true(contains(refusal("repo.default_host", value), "repo.default_host \""));
  }
  Options options = defaults();
  set(&options, "repo.default_host", "Gitea");
  assert_string_equal(options.name_rules().default_host.c_str(), "gitea.");
}

void test_holder(void **) {
  const std::string longest(kMaxHolderBytes, 'x');
  assert_false(check_holder(longest).has_value());
  assert_true(contains(check_holder(longest + "x")->message, "at most 256 bytes"));
  assert_true(contains(refusal("holder", "two\nlines"),
                       "has a control character or broken UTF-8 at byte 3"));
  assert_false(check_holder("gr\xc3\xbc\xc3\x9f dich \xf0\x9f\x94\x92").has_value());
}

void test_unknown_keys(void **) {
  const std::vector<std::pair<std::string, std::string>> cases = {{"tll_ms", "ttl_ms"},
                                                                  {"ttl", "ttl_ms"},
                                                                  {"TTL_MS", "ttl_ms"},
                                                                  {"maxttl", "max_ttl_ms"},
                                                                  {"wait", "wait_ms"},
                                                                  {"backnd", "backend"},
                                                                  {"repo.cases", "repo.case"},
                                                                  {"case", "repo.case"},
                                                                  {"memory.faults", "memory.fault"},
                                                                  {"heartbeat", "heartbeat_ms"},
                                                                  {"max-hold-ms", "max_hold_ms"}};
  for (const auto &[key, meant] : cases) {
    const std::string message = refusal(key, "1");
    if (!contains(message, "there is no option \"" + key + "\": ") ||
        !message.ends_with(": did you mean " + meant + "?")) {
      fail_msg("%s", message.c_str());
    }
  }
  for (const std::string &key :
       {std::string(), std::string("etcd."), std::string(".pool"), std::string("etcd.a b"),
        std::string("a.") + std::string(63, 'k'), std::string(5000, 'k')}) {
    assert_true(contains(refusal(key, "1"), "the options are backend, ttl_ms, "));
  }
}

void test_backend(void **) {
  Options options = defaults();
  set(&options, "backend", "FILE:///srv/Locks");
  assert_string_equal(options.backend().c_str(), "file:///srv/Locks");
  set(&options, "backend", "memory:ci");
  assert_true(options.backend_scheme() == "memory");
  assert_true(contains(refusal("backend", "/srv/locks"), "does not begin with a scheme"));
  assert_true(options.is_built_in());
  set(&options, "backend", "etcd://:secret@host");
  assert_false(options.is_built_in());
  assert_true(options.check()->status == Status::kUnsupported);
  assert_string_equal(options.check()->message.c_str(),
                      "backend \"etcd://***@host\" has a scheme that this version does not know: "
                      "use file, memory, or set plugin.path to where its plugin is");
  set(&options, "plugin.path", "/usr/lib/repolock");
  assert_false(options.check().has_value());
}

void test_plugin_path(void **) {
  Options options = defaults();
  set(&options, "plugin.path", "/usr/lib/repolock");
  assert_string_equal(options.plugin_path().c_str(), "/usr/lib/repolock");
  assert_string_equal(refusal("plugin.path", "./lib").c_str(),
                      "plugin.path \"./lib\" is not absolute: write the path from / on");
  set(&options, "plugin.path", "");
  assert_true(options.plugin_path().empty());
}

void test_options_of_a_plugin_go_to_it_as_they_are(void **) {
  Options options = defaults();
  set(&options, "etcd.pool", "1");
  set(&options, "etcd.ca", "line one\nline two\n");
  set(&options, "etcd.pool", " 2 ");
  assert_true(options.backend_options().empty());
  assert_true(contains(options.check()->message, "there is no option \"etcd.ca\""));
  set(&options, "plugin.path", "/usr/lib/repolock");
  set(&options, "backend", "etcd+tls://host");
  assert_false(options.check().has_value());
  const auto given = options.backend_options();
  assert_int_equal(given.size(), 2);
  assert_string_equal(given[0].key, "etcd.ca");
  assert_string_equal(given[0].value, "line one\nline two\n");
  assert_string_equal(given[1].value, " 2 ");
  assert_true(contains(refusal("etcd.pool", std::string(4097, 'x')), "at most 4096 bytes"));
  // A slip of the hand is told, if only when the client opens.
  set(&options, "rebo.case", "fold");
  assert_true(contains(options.check()->message, "did you mean repo.case?"));
}

void test_ttl_and_max_ttl_go_together(void **) {
  Options options = defaults();
  set(&options, "ttl_ms", "60000");
  assert_string_equal(options.check()->message.c_str(),
                      "ttl_ms 60000 is more than max_ttl_ms 30000: lower the one or raise the "
                      "other");
  set(&options, "max_ttl_ms", "60000");
  assert_false(options.check().has_value());
}

void test_options_of_a_backend(void **) {
  Options options = defaults();
  set(&options, "memory.fault", "drop=1");
  assert_true(options.backend_options().empty());
  assert_true(contains(options.check()->message, "memory.fault does nothing with the backend"));
  set(&options, "backend", "memory:");
  assert_false(options.check().has_value());
  const auto given = options.backend_options();
  assert_int_equal(given.size(), 1);
  assert_string_equal(given[0].key, "memory.fault");
  assert_string_equal(given[0].value, "drop=1");
}

void test_messages_fit_and_are_one_printable_line(void **) {
  const std::string ugly(5000, '\xff');
  for (size_t i = 0; i < kOptionCount; ++i) {
    Options options = defaults();
    const std::optional<Failure> failure = options.set(describe(i)->key, ugly);
    assert_true(failure.has_value());
    assert_true(failure->message.size() < 512);
    assert_true(std::all_of(failure->message.begin(), failure->message.end(),
                            [](char c) { return c >= ' ' && c <= '~'; }));
  }
  assert_true(refusal(ugly, "1").size() < 512);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_defaults),
      cmocka_unit_test(test_the_table_is_complete_and_its_defaults_are_valid),
      cmocka_unit_test(test_values_are_kept),
      cmocka_unit_test(test_a_copy_goes_its_own_way),
      cmocka_unit_test(test_a_failure_changes_nothing),
      cmocka_unit_test(test_times),
      cmocka_unit_test(test_the_ends_of_a_range),
      cmocka_unit_test(test_choices),
      cmocka_unit_test(test_default_host),
      cmocka_unit_test(test_holder),
      cmocka_unit_test(test_unknown_keys),
      cmocka_unit_test(test_backend),
      cmocka_unit_test(test_plugin_path),
      cmocka_unit_test(test_options_of_a_plugin_go_to_it_as_they_are),
      cmocka_unit_test(test_ttl_and_max_ttl_go_together),
      cmocka_unit_test(test_options_of_a_backend),
      cmocka_unit_test(test_messages_fit_and_are_one_printable_line),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
