// Names of repositories: the shared cases, and what must hold for any input.
#include <repolock/repolock.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "core/options.h"
#include "core/repo_name.h"

// Last: cmocka defines fail() as a macro.
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
extern "C" {
#include <cmocka.h>
}

namespace {

using nlohmann::json;
using repolock::core::canonical_repo;
using repolock::core::Failure;
using repolock::core::failure_of;
using repolock::core::NameRules;
using repolock::core::Options;
using repolock::core::Result;
using repolock::core::Status;

static_assert(repolock::core::kMaxRepoBytes + 1 == REPOLOCK_REPO_SIZE);

constexpr std::array<std::string_view, 1> kSchemes = {"file"};

std::string from_hex(const std::string &hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

std::string text_of(const json &one, const std::string &key) {
  if (one.contains(key + "_hex")) return from_hex(one.at(key + "_hex"));
  return one.value(key, "");
}

json load_cases() {
  const char *source = std::getenv("REPOLOCK_SOURCE_DIR");
  const std::string path =
      std::string(source != nullptr ? source : ".") + "/tests/conformance/repo_names.json";
  std::ifstream file(path);
  if (!file)
    fail_msg("cannot read %s: set REPOLOCK_SOURCE_DIR or run in the source tree", path.c_str());
  return json::parse(file).at("cases");
}

NameRules rules_of(const json &one) {
  Options options(kSchemes);
  const json rules = one.value("rules", json::object());
  for (const auto &[key, value] : rules.items()) {
    if (const auto failure = options.set(key, value.get<std::string>())) {
      fail_msg("%s", failure->message.c_str());
    }
  }
  return options.name_rules();
}

// What holds for every answer; "" or what does not.
std::string broken_promise(const std::string &input, const NameRules &rules) {
  const Result<std::string> result = canonical_repo(input, rules);
  if (const Failure *failure = failure_of(result)) {
    if (failure->status != Status::kInvalid) return "the status is not E_INVALID";
    if (failure->message.size() >= REPOLOCK_ERR_SIZE) return "the message is cut by err";
    for (const char c : failure->message) {
      if (c < ' ' || c > '~') return "the message is not one printable line";
    }
    return "";
  }
  const auto &canonical = std::get<std::string>(result);
  if (canonical.empty() || canonical.size() > 512) return "the length is not 1 to 512";
  if (rules.opaque) return canonical == input ? "" : "an opaque name was changed";
  for (const char c : canonical) {
    if (c <= ' ' || c > '~') return "the name is not printable ASCII";
    if (!rules.case_sensitive && c >= 'A' && c <= 'Z') return "a letter was not folded";
  }
  const Result<std::string> again = canonical_repo(canonical, rules);
  if (failure_of(again) != nullptr) return canonical + " is refused";
  const auto &second = std::get<std::string>(again);
  if (second != canonical) return canonical + " becomes " + second;
  return "";
}

void test_shared_cases(void **) {
  const json cases = load_cases();
  assert_true(cases.size() >= 90);
  int failed = 0;
  for (const json &one : cases) {
    const auto name = one.at("name").get<std::string>();
    const std::string input = text_of(one, "input");
    const NameRules rules = rules_of(one);
    const Result<std::string> result = canonical_repo(input, rules);
    const Failure *failure = failure_of(result);
    std::string wrong = broken_promise(input, rules);
    if (one.contains("error")) {
      if (failure == nullptr) wrong = "accepted as " + std::get<std::string>(result);
    } else if (failure != nullptr) {
      wrong = failure->message;
    } else if (std::get<std::string>(result) != text_of(one, "canonical")) {
      wrong = "is " + std::get<std::string>(result);
    }
    if (wrong.empty()) continue;
    print_error("case \"%s\": %s\n", name.c_str(), wrong.c_str());
    ++failed;
  }
  assert_int_equal(failed, 0);
}

void test_promises_hold_for_huge_inputs(void **) {
  const std::string ugly(5000, '"');
  for (const std::string &input :
       {ugly, ugly + "://a/b", "https://" + ugly + "/a/b", "https://a:" + ugly + "/b/c",
        ugly + ":a/b", "a.b:" + ugly, "a/" + ugly, "https://a.b/" + std::string(100000, '/'),
        "git@a.b:" + std::string(5000, '7') + "/a/b", std::string(100000, '@')}) {
    for (const bool opaque : {false, true}) {
      NameRules rules;
      rules.opaque = opaque;
      assert_string_equal(broken_promise(input, rules).c_str(), "");
      assert_non_null(failure_of(canonical_repo(input, rules)));
    }
  }
}

// The pieces that mean something to the parser; the first kUsual of them are no surprise.
constexpr auto kHeads =
    std::to_array<std::string_view>({"", "", "https://", "ssh://git@", "git@", "gitlab.com/",
                                     "GitHub.com:", "host:80/", "http://a:8/"});
constexpr auto kPieces = std::to_array<std::string_view>(
    {"owner", "Name",       "x",   "8443", "a.b", "git.", "localhost", "~u", "-",    "_",  "tree",
     "b.git", "GitLab.com", "/",   ":",    "@",   ".git", ".GIT",      ".",  "..",   "~",  "%2e",
     "#",     "?",          "://", ":22",  "[::", "\\",   "\n",        " ",  "\xc3", "\"", "\x7f"});
constexpr size_t kUsual = 13;

std::string random_input(std::mt19937 *random) {
  const bool calm = (*random)() % 2 == 0;
  std::string input(kHeads[(*random)() % kHeads.size()]);
  for (size_t count = (*random)() % 7; count > 0; --count) {
    input += kPieces[(*random)() % (calm ? kUsual : kPieces.size())];
    if (calm || (*random)() % 2 == 0) input += "/";
  }
  return input;
}

void test_promises_hold_for_random_inputs(void **) {
  std::mt19937 random(20240607);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
  int accepted = 0;
  for (int i = 0; i < 60000; ++i) {
    NameRules rules;
    rules.case_sensitive = i % 3 == 1;
    rules.opaque = i % 30 == 2;
    if (i % 2 == 1) rules.default_host = "a.b";
    const std::string input = random_input(&random);
    if (const std::string wrong = broken_promise(input, rules); !wrong.empty()) {
      fail_msg("\"%s\": %s", input.c_str(), wrong.c_str());
    }
    if (failure_of(canonical_repo(input, rules)) == nullptr) ++accepted;
  }
  assert_true(accepted > 10000);
}

// All spellings of one repository; port "" where there is none.
std::vector<std::string> spellings(const std::string &host, const std::string &port,
                                   const std::string &path) {
  const std::string at = port.empty() ? "" : ":" + port;
  std::vector<std::string> all = {
      "https://" + host + at + "/" + path,      "HTTPS://u:p@" + host + at + "/" + path + ".git/",
      "ssh://git@" + host + at + "/" + path,    "git+ssh://" + host + at + "/" + path + "//",
      "http://" + host + at + "/" + path + "/", "git://" + host + at + "/" + path + ".git"};
  if (port.empty()) {
    all.push_back("git@" + host + ":/" + path);
    all.push_back("https://" + host + ":443/" + path);
    all.push_back("ssh://" + host + ":22/" + path);
  }
  return all;
}

void test_one_repository_one_name_two_repositories_two_names(void **) {
  const std::vector<std::string> hosts = {"github.com", "gitlab.com", "gitea", "localhost",
                                          "john.doe",   "192.0.2.7",  "a.b"};
  const std::vector<std::string> ports = {"", "3000", "8443"};
  const std::vector<std::string> paths = {
      "a/b",          "a.b/c",          "gitea/a/b", "a/b/c",   "john.doe/a/b", "localhost/a/b",
      "8443/a/b",     "3000/a",         "~a/b",      "a.b/c/d", "github.com/a", "github.com/a/b",
      "gitlab.com/a", "gitlab.com/a/b", "a/b.c",     "a-/b",    "192.0.2.7/a/b"};
  std::map<std::string, std::string> repository_of;
  for (const std::string &host : hosts) {
    for (const std::string &port : ports) {
      for (const std::string &path : paths) {
        const std::string repository = spellings(host, port, path).front();
        std::string canonical;
        for (const std::string &spelling : spellings(host, port, path)) {
          const auto result = canonical_repo(spelling, NameRules{});
          if (const Failure *failure = failure_of(result)) fail_msg("%s", failure->message.c_str());
          if (canonical.empty()) canonical = std::get<std::string>(result);
          assert_string_equal(std::get<std::string>(result).c_str(), canonical.c_str());
        }
        const auto [known, fresh] = repository_of.emplace(canonical, repository);
        if (!fresh) {
          fail_msg("%s and %s are both %s", known->second.c_str(), repository.c_str(),
                   canonical.c_str());
        }
      }
    }
  }
}

std::string message_for(std::string_view input) {
  const auto result = canonical_repo(input, NameRules{});
  const Failure *failure = failure_of(result);
  return failure != nullptr ? failure->message : "accepted";
}

void test_messages_name_the_value_and_the_remedy(void **) {
  assert_string_equal(message_for("name").c_str(),
                      "repository \"name\" has a path of 1 segment: write owner/name, or groups "
                      "with 2 to 20 segments; repo.form=opaque takes any bytes");
  assert_string_equal(message_for("o/n\n").c_str(),
                      "repository \"o/n\\x0a\" has the character \"\\x0a\": allowed are A-Z a-z "
                      "0-9 . _ -; repo.form=opaque takes any bytes");
  assert_string_equal(message_for("https://github.com/o/n/tree/main").c_str(),
                      "repository \"https://github.com/o/n/tree/main\" is the address of a page: "
                      "leave out /tree and what follows");
  const std::string huge = message_for("o/" + std::string(598, 'a'));
  assert_non_null(std::strstr(huge.c_str(), "... (600 bytes) has a segment of 598 bytes"));
}

void test_messages_hide_passwords(void **) {
  for (const char *input :
       {"https://user:secret@github.com/name", "https://secret@github.com/name",
        "ssh://u:secret/x@host/a/b", "u:secret@host/a://b/c", "https://sec!ret/x@host/a/b",
        "u:secret@host:a/b/c?x", "https://host/a/b?token=secret", "ftp://u:secret@h/a/b"}) {
    const std::string message = message_for(input);
    assert_string_not_equal(message.c_str(), "accepted");
    if (message.find("secret") != std::string::npos || message.find("sec!") != std::string::npos)
      fail_msg("%s", message.c_str());
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(test_shared_cases),
      cmocka_unit_test(test_promises_hold_for_huge_inputs),
      cmocka_unit_test(test_promises_hold_for_random_inputs),
      cmocka_unit_test(test_one_repository_one_name_two_repositories_two_names),
      cmocka_unit_test(test_messages_name_the_value_and_the_remedy),
      cmocka_unit_test(test_messages_hide_passwords),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
