// collections.cc - the commands on hashes and sorted sets.
#include <algorithm>

#include "redis/commands.h"

namespace repolock::sim {

// ---- Hashes ----

namespace {

Reply field(const Store::Hash *hash, const std::string &name) {
  if (hash == nullptr) return nil();
  const auto found = hash->find(name);
  return found == hash->end() ? nil() : text(found->second);
}

}  // namespace

Reply Commands::hget(Store &store, const Words &words) {
  return field(store.get<Store::Hash>(words[1]), words[2]);
}

Reply Commands::hmget(Store &store, const Words &words) {
  const auto *hash = store.get<Store::Hash>(words[1]);
  Reply reply = array();
  for (size_t i = 2; i < words.size(); ++i) reply.elements.push_back(field(hash, words[i]));
  return reply;
}

Reply Commands::hset(Store &store, const Words &words) {
  if (words.size() % 2 != 0) throw CommandError{"ERR wrong number of arguments for 'hset' command"};
  auto &hash = store.make<Store::Hash>(words[1]);
  int64_t fresh = 0;
  for (size_t i = 2; i < words.size(); i += 2)
    fresh += hash.insert_or_assign(words[i], words[i + 1]).second ? 1 : 0;
  return integer(fresh);
}

Reply Commands::hdel(Store &store, const Words &words) {
  auto *hash = store.get<Store::Hash>(words[1]);
  if (hash == nullptr) return integer(0);
  int64_t count = 0;
  for (size_t i = 2; i < words.size(); ++i) count += static_cast<int64_t>(hash->erase(words[i]));
  store.drop_if_empty<Store::Hash>(words[1], hash->empty());
  return integer(count);
}

Reply Commands::hgetall(Store &store, const Words &words) {
  const auto *hash = store.get<Store::Hash>(words[1]);
  Reply reply = array();
  if (hash == nullptr) return reply;
  for (const auto &[name, value] : *hash) {
    reply.elements.push_back(text(name));
    reply.elements.push_back(text(value));
  }
  return reply;
}

// ---- Sorted sets ----

namespace {

void add_member(std::vector<Reply> &elements, const std::pair<double, std::string> &member,
                bool with_score) {
  elements.push_back(text(member.second));
  if (with_score) elements.push_back(text(score_text(member.first)));
}

bool wants_scores(const Words &words, size_t at) {
  if (words.size() == at) return false;
  if (words.size() != at + 1 || lower_case(words[at]) != "withscores") throw CommandError(kSyntax);
  return true;
}

// One end of a range of scores: "(5" leaves 5 out.
struct Edge {
  explicit Edge(const std::string &word) {
    constexpr CommandError kNoEdge{"ERR min or max is not a float"};
    is_open = word.starts_with('(');
    score = score_of(is_open ? word.substr(1) : word, kNoEdge);
  }
  double score;
  bool is_open;
};

}  // namespace

Reply Commands::zadd(Store &store, const Words &words) {
  if (words.size() % 2 != 0) throw CommandError(kSyntax);
  std::vector<double> scores;
  for (size_t i = 2; i < words.size(); i += 2) scores.push_back(score_of(words[i], kNotFloat));
  auto &set = store.make<SortedSet>(words[1]);
  int64_t fresh = 0;
  for (size_t i = 0; i < scores.size(); ++i) {
    const std::string &member = words[2 * i + 3];
    const auto [found, is_new] = set.scores.try_emplace(member, scores[i]);
    if (!is_new) set.order.erase({found->second, member});
    found->second = scores[i];
    set.order.emplace(scores[i], member);
    fresh += is_new ? 1 : 0;
  }
  return integer(fresh);
}

Reply Commands::zrem(Store &store, const Words &words) {
  auto *set = store.get<SortedSet>(words[1]);
  if (set == nullptr) return integer(0);
  int64_t count = 0;
  for (size_t i = 2; i < words.size(); ++i) {
    const auto found = set->scores.find(words[i]);
    if (found == set->scores.end()) continue;
    set->order.erase({found->second, words[i]});
    set->scores.erase(found);
    ++count;
  }
  store.drop_if_empty<SortedSet>(words[1], set->scores.empty());
  return integer(count);
}

Reply Commands::range(Store &store, const Words &words, bool reversed) {
  int64_t first = integer_of(words[2]);
  int64_t last = integer_of(words[3]);
  const bool with_scores = wants_scores(words, 4);
  const auto *set = store.get<SortedSet>(words[1]);
  Reply reply = array();
  if (set == nullptr) return reply;
  const auto size = static_cast<int64_t>(set->order.size());
  if (first < 0) first = std::max<int64_t>(first + size, 0);
  if (last < 0) last += size;
  std::vector<std::pair<double, std::string>> all(set->order.begin(), set->order.end());
  if (reversed) std::reverse(all.begin(), all.end());
  for (int64_t i = first; i <= last && i < size; ++i)
    add_member(reply.elements, all[static_cast<size_t>(i)], with_scores);
  return reply;
}

Reply Commands::zrange(Store &store, const Words &words) {
  return range(store, words, false);
}

Reply Commands::zrevrange(Store &store, const Words &words) {
  return range(store, words, true);
}

Reply Commands::zrangebyscore(Store &store, const Words &words) {
  const Edge least(words[2]), most(words[3]);
  const bool with_scores = wants_scores(words, 4);
  const auto *set = store.get<SortedSet>(words[1]);
  Reply reply = array();
  if (set == nullptr) return reply;
  for (const auto &member : set->order) {
    const double score = member.first;
    if (least.is_open ? score <= least.score : score < least.score) continue;
    if (most.is_open ? score >= most.score : score > most.score) break;
    add_member(reply.elements, member, with_scores);
  }
  return reply;
}

Reply Commands::zscore(Store &store, const Words &words) {
  const auto *set = store.get<SortedSet>(words[1]);
  if (set == nullptr) return nil();
  const auto found = set->scores.find(words[2]);
  return found == set->scores.end() ? nil() : text(score_text(found->second));
}

Reply Commands::zrank(Store &store, const Words &words) {
  const auto *set = store.get<SortedSet>(words[1]);
  if (set == nullptr) return nil();
  const auto found = set->scores.find(words[2]);
  if (found == set->scores.end()) return nil();
  const auto place = set->order.find({found->second, words[2]});
  return integer(std::distance(set->order.begin(), place));
}

Reply Commands::zcard(Store &store, const Words &words) {
  const auto *set = store.get<SortedSet>(words[1]);
  return integer(set == nullptr ? 0 : static_cast<int64_t>(set->scores.size()));
}

}  // namespace repolock::sim
