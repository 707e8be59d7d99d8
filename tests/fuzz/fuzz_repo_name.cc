// Names and URLs of repositories: any bytes are refused in words, or have one canonical spelling
// that is its own, and that other spellings of the same lead to.
//
// An input is a byte of rules, then the name.
#include <string>
#include <string_view>
#include <variant>

#include "core/repo_name.h"
#include "fuzz.h"

namespace {

using repolock::core::canonical_repo;
using repolock::core::NameRules;
using repolock::fuzz::must;

NameRules rules_of(uint8_t byte) {
  NameRules rules;
  rules.case_sensitive = (byte & 1) != 0;
  rules.opaque = (byte & 2) != 0;
  if ((byte & 4) != 0) rules.default_host = "git.example:3000";
  return rules;
}

void same(const std::string &name, const std::string &spelling, const NameRules &rules) {
  const auto other = canonical_repo(spelling, rules);
  const std::string *found = std::get_if<std::string>(&other);
  must(found != nullptr && *found == name, "another spelling is the same name");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  const NameRules rules = rules_of(data[0]);
  const std::string_view text = repolock::fuzz::text_of(data + 1, size - 1);
  const auto result = canonical_repo(text, rules);
  if (const auto *failure = repolock::core::failure_of(result)) {
    must(repolock::fuzz::is_sentence(failure->message), "a refusal is a sentence");
    return 0;
  }
  const std::string &name = std::get<std::string>(result);
  must(!name.empty() && name.size() <= repolock::core::kMaxRepoBytes, "its length");
  same(name, name, rules);
  if (rules.opaque) {
    must(name == text, "an opaque name stays as it is");
    return 0;
  }
  must(("/" + name + "/").find("/../") == std::string::npos, "no way up");
  must(name.find('/') != std::string::npos, "a path of two segments at least");
  if (name.size() < repolock::core::kMaxRepoBytes) same(name, name + "/", rules);
  if (text.size() < repolock::core::kMaxRepoBytes) same(name, std::string(text) + "/", rules);
  return 0;
}
