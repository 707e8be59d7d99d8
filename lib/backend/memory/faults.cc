#include "backend/memory/faults.h"

#include <repolock/plugin.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace repolock::backend::memory {

namespace {

template <class Value>
struct Word {
  std::string_view word;
  Value value;
};

constexpr Word<int32_t> kVerbs[] = {
    {"acquire", REPOLOCK_REQUEST_ACQUIRE}, {"extend", REPOLOCK_REQUEST_EXTEND},
    {"release", REPOLOCK_REQUEST_RELEASE}, {"inspect", REPOLOCK_REQUEST_INSPECT},
    {"break", REPOLOCK_REQUEST_BREAK},     {"any", Fault::kAnyVerb},
};

constexpr Word<Fate::Kind> kFates[] = {
    {"drop", Fate::Kind::kDrop},
    {"lose-reply", Fate::Kind::kLoseReply},
    {"delay", Fate::Kind::kDelay},
    {"unavailable", Fate::Kind::kUnavailable},
};

constexpr Word<Fault::Kind> kActions[] = {
    {"expire", Fault::Kind::kExpire},
    {"lose", Fault::Kind::kLose},
    {"break", Fault::Kind::kBreak},
    {"clear", Fault::Kind::kClear},
};

constexpr const char *kGrammar =
    "write drop=VERB, lose-reply=VERB, unavailable=VERB or delay=VERB:MS, each with *N or * behind "
    "it, or expire, lose, break, clear, with commas between them and no spaces; VERB is acquire, "
    "extend, release, inspect, break or any";

template <class Value, size_t N>
std::optional<Value> look_up(const Word<Value> (&words)[N], std::string_view word) {
  for (const auto &known : words) {
    if (known.word == word) return known.value;
  }
  return std::nullopt;
}

// A day at most for MS, and as many requests: more is a slip of the pen.
std::optional<int64_t> parse_number(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || number < 1 || number > 86'400'000) return std::nullopt;
  return number;
}

// "a=b" into a and b; without the sign b is empty.
std::pair<std::string_view, std::string_view> split(std::string_view text, char sign) {
  const size_t at = text.find(sign);
  if (at == text.npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

std::optional<Fault> parse_fault(std::string_view word) {
  Fault fault;
  if (const auto action = look_up(kActions, word)) {
    fault.kind = *action;
    return fault;
  }
  const auto [fate, rest] = split(word, '=');
  const auto [target, count] = split(rest, '*');
  const auto [verb, delay] = split(target, ':');
  const auto known_fate = look_up(kFates, fate);
  const auto known_verb = look_up(kVerbs, verb);
  if (!known_fate || !known_verb) return std::nullopt;
  fault.fate.kind = *known_fate;
  fault.verb = *known_verb;

  const bool has_delay = target.size() != verb.size();
  if (has_delay != (*known_fate == Fate::Kind::kDelay)) return std::nullopt;
  if (has_delay) {
    const auto ms = parse_number(delay);
    if (!ms) return std::nullopt;
    fault.fate.delay_ms = *ms;
  }
  const bool has_count = rest.size() != target.size();
  if (has_count && count.empty()) {
    fault.count = Fault::kAllRequests;
  } else if (has_count) {
    const auto number = parse_number(count);
    if (!number) return std::nullopt;
    fault.count = *number;
  }
  return fault;
}

}  // namespace

bool parse_faults(std::string_view text, std::vector<Fault> &faults, std::string &error) {
  while (!text.empty()) {
    const auto [word, rest] = split(text, ',');
    const bool ends_in_comma = rest.empty() && word.size() != text.size();
    const auto fault = ends_in_comma ? std::nullopt : parse_fault(word);
    if (!fault) {
      const auto wrong = ends_in_comma ? text : word;
      error = "memory.fault: \"" + std::string(wrong.substr(0, 60)) + "\" is no fault; " + kGrammar;
      return false;
    }
    faults.push_back(*fault);
    text = rest;
  }
  return true;
}

Fate Faults::next(int32_t verb) {
  const auto meets = [&](const Fault &fault) {
    return fault.verb == Fault::kAnyVerb || fault.verb == verb;
  };
  const auto found = std::find_if(waiting_.begin(), waiting_.end(), meets);
  if (found == waiting_.end()) return {};
  const Fate fate = found->fate;
  if (found->count != Fault::kAllRequests && --found->count == 0) waiting_.erase(found);
  return fate;
}

}  // namespace repolock::backend::memory
