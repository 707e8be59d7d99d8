#include "redis/store.h"

#include <algorithm>

#include "redis/commands.h"

namespace repolock::sim {

// ---- Replies ----

Reply integer(int64_t number) {
  Reply reply;
  reply.kind = Reply::Kind::kInteger;
  reply.integer = number;
  return reply;
}

namespace {

Reply worded(Reply::Kind kind, std::string words) {
  Reply reply;
  reply.kind = kind;
  reply.text = std::move(words);
  return reply;
}

}  // namespace

Reply text(std::string bytes) {
  return worded(Reply::Kind::kText, std::move(bytes));
}

Reply status(std::string word) {
  return worded(Reply::Kind::kStatus, std::move(word));
}

Reply error(std::string words) {
  return worded(Reply::Kind::kError, std::move(words));
}

Reply nil() {
  return {};
}

Reply array(std::vector<Reply> elements) {
  Reply reply;
  reply.kind = Reply::Kind::kArray;
  reply.elements = std::move(elements);
  return reply;
}

// ---- Words ----

std::string lower_case(std::string word) {
  for (char &c : word)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return word;
}

bool matches(const char *pattern, const char *name) {
  for (; *pattern != '\0'; ++pattern, ++name) {
    if (*pattern == '*') {
      for (const char *rest = name;; ++rest) {
        if (matches(pattern + 1, rest)) return true;
        if (*rest == '\0') return false;
      }
    }
    if (*name == '\0') return false;
    if (*pattern == '\\' && pattern[1] != '\0')
      ++pattern;
    else if (*pattern == '?')
      continue;
    if (*pattern != *name) return false;
  }
  return *name == '\0';
}

// ---- The data ----

const Store::Entry *Store::look(const std::string &key) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return nullptr;
  const bool has_ended = found->second.end_ms != kNoEnd && now_ms() > found->second.end_ms;
  return has_ended ? nullptr : &found->second;
}

std::vector<std::string> Store::keys() const {
  std::vector<std::string> all;
  for (const auto &[key, entry] : entries_)
    if (look(key) != nullptr) all.push_back(key);
  return all;
}

Store::Entry *Store::find(const std::string &key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return nullptr;
  if (look(key) != nullptr) return &found->second;
  entries_.erase(found);
  return nullptr;
}

// ---- One command ----

bool Store::knows(const Words &words) {
  return command_of(words.front()) != nullptr;
}

bool Store::takes(const Words &words) {
  const Command *command = command_of(words.front());
  const auto count = static_cast<int>(words.size());
  return command->arity >= 0 ? count == command->arity : count >= -command->arity;
}

Reply Store::run(const Words &words) {
  if (!knows(words)) {
    std::string all = "ERR unknown command '" + words.front() + "', with args beginning with: ";
    for (size_t i = 1; i < words.size(); ++i) all += "'" + words[i] + "' ";
    return error(all);
  }
  if (!takes(words))
    return error("ERR wrong number of arguments for '" + lower_case(words.front()) + "' command");
  try {
    return command_of(words.front())->run(*this, words);
  } catch (const CommandError &wrong) {
    return error(wrong.words);
  }
}

}  // namespace repolock::sim
