#include "backend/redis/record.h"

#include <algorithm>
#include <charconv>

namespace repolock::backend::redis {

namespace {

std::string known(std::string_view word) {
  return word == "-" ? std::string() : std::string(word);
}

// One word: a host name of the system's may be anything.
std::string word_of(const char *text) {
  std::string word = text == nullptr || *text == '\0' ? "-" : text;
  std::ranges::replace_if(
      word, [](char c) { return static_cast<unsigned char>(c) <= ' '; }, '_');
  return word;
}

std::string number_word(int64_t number) {
  return number < 0 ? "-" : std::to_string(number);
}

Owner read_owner(std::string_view line) {
  Owner owner;
  owner.host = known(take_word(&line));
  owner.boot_id = known(take_word(&line));
  owner.pid = number_of(take_word(&line)).value_or(-1);
  owner.pid_start = number_of(take_word(&line)).value_or(-1);
  owner.holder = known(line);
  return owner;
}

bool read_id(std::string_view text, LeaseRecord *record) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || !is_lease_id(text.substr(0, colon))) return false;
  const auto att = number_of(text.substr(colon + 1));
  if (!att) return false;
  record->lease_id = text.substr(0, colon);
  record->att = *att;
  return true;
}

// Of "<since> <channel> <owner record>".
void read_rest(std::string_view line, LeaseRecord *record) {
  record->since = number_of(take_word(&line)).value_or(0);
  record->channel = known(take_word(&line));
  record->owner = read_owner(line);
}

}  // namespace

bool is_lease_id(std::string_view text) {
  constexpr size_t kDigits = 32;
  return text.size() == kDigits && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string_view take_word(std::string_view *line) {
  const size_t blank = line->find(' ');
  const std::string_view word = line->substr(0, blank);
  line->remove_prefix(blank == std::string_view::npos ? line->size() : blank + 1);
  return word;
}

std::optional<int64_t> number_of(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string owner_record(const repolock_owner_t &owner) {
  const bool has_holder = owner.holder != nullptr && *owner.holder != '\0';
  return word_of(owner.host) + ' ' + word_of(owner.boot_id) + ' ' + number_word(owner.pid) + ' ' +
         number_word(owner.pid_start) + ' ' + (has_holder ? owner.holder : "-");
}

std::optional<LeaseRecord> read_lease_record(std::string_view text) {
  LeaseRecord record;
  if (!read_id(take_word(&text), &record)) return std::nullopt;
  read_rest(text, &record);
  return record;
}

std::optional<LeaseRecord> read_waiter_record(std::string_view id_and_att, std::string_view text) {
  LeaseRecord record;
  if (!read_id(id_and_att, &record)) return std::nullopt;
  constexpr int kBeforeSince = 5;
  for (int i = 0; i < kBeforeSince; ++i) take_word(&text);
  read_rest(text, &record);
  return record;
}

std::optional<FenceRecord> read_fence_record(std::string_view text) {
  if (text.size() < 3) return std::nullopt;
  const auto fence = number_of(text.substr(0, text.size() - 2));
  if (!fence || *fence < 0) return std::nullopt;
  const char previous = text.back();
  if (previous < '0' || previous > '0' + REPOLOCK_PREVIOUS_BROKEN) return std::nullopt;
  return FenceRecord{static_cast<uint64_t>(*fence), text[text.size() - 2], previous - '0'};
}

}  // namespace repolock::backend::redis
