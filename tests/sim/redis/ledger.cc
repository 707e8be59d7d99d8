#include "redis/ledger.h"

#include <algorithm>
#include <sstream>

#include "oracle/violation.h"

namespace repolock::sim {

namespace {

constexpr int64_t kSilentMs = 15'000;

std::string first_word(const std::string &text) {
  return text.substr(0, text.find(' '));
}

std::string id_of(const std::string &id_and_att) {
  return id_and_att.substr(0, id_and_att.find(':'));
}

std::string name_of(const std::string &lock) {
  const size_t begin = lock.find('{') + 1;
  return lock.substr(begin, lock.find('}') - begin);
}

std::string join(const Words &words) {
  std::string all;
  for (const std::string &word : words) all.append(all.empty() ? "" : " ").append(word);
  return all;
}

std::string lock_of(const std::string &name) {
  return "repolock:{" + name + "}";
}

template <class Value>
const Value *value_of(const Store &data, const std::string &key) {
  const Store::Entry *entry = data.look(key);
  return entry == nullptr ? nullptr : std::get_if<Value>(&entry->value);
}

bool is_live(const std::string &record, int64_t now, bool is_heard) {
  std::istringstream words(record);
  int64_t seen = 0, att = 0, px = 0, last = 0;
  std::string kind;
  words >> seen >> att >> kind >> px >> last;
  return (is_heard || now - seen <= kSilentMs) && (last == 0 || now <= last);
}

}  // namespace

// ---- What the data say ----

Ledger::Name Ledger::look(const std::string &lock, const std::string &asks,
                          const std::set<std::string> &heard) const {
  Name name;
  if (const auto *value = value_of<std::string>(data_, lock)) name.owner = first_word(*value);
  if (const auto *value = value_of<std::string>(data_, lock + ":f"))
    name.fence = std::stoull(*value);
  if (const auto *set = value_of<SortedSet>(data_, lock + ":r"))
    for (const auto &[member, end] : set->scores)
      if (end > static_cast<double>(data_.now_ms())) name.readers.insert(member);
  const auto *records = value_of<Store::Hash>(data_, lock + ":w");
  if (const auto *set = value_of<SortedSet>(data_, lock + ":q");
      set != nullptr && records != nullptr)
    for (const auto &[ticket, id] : set->order)
      if (const auto record = records->find(id); record != records->end())
        if (asks == id || is_live(record->second, data_.now_ms(), heard.contains(id)))
          name.line.push_back(id);
  return name;
}

std::vector<Ledger::Lease> Ledger::holders() const {
  std::vector<Lease> all;
  for (const std::string &key : data_.keys()) {
    if (!key.ends_with('}')) {
      if (!key.ends_with(":r")) continue;
      const std::string lock = key.substr(0, key.size() - 2);
      for (const std::string &member : look(lock).readers)
        all.emplace_back(name_of(lock), id_of(member));
    } else {
      all.emplace_back(name_of(key), id_of(look(key).owner));
    }
  }
  return all;
}

int64_t Ledger::end_of(const Lease &lease) const {
  const std::string lock = lock_of(lease.first);
  const Store::Entry *entry = data_.look(lock);
  const auto *value = value_of<std::string>(data_, lock);
  if (value != nullptr && value->starts_with(lease.second + ':')) return entry->end_ms;
  double end = 0;
  if (const auto *set = value_of<SortedSet>(data_, lock + ":r"))
    for (const auto &[member, until] : set->scores)
      if (member.starts_with(lease.second + ':')) end = std::max(end, until);
  return static_cast<int64_t>(end);
}

// EVALSHA, script, number of keys, guard, L and F of each, run_id, config, deadline, mode, four of each.
std::vector<Ledger::Lease> Ledger::leases_of_hold(const Words &words) {
  std::vector<Lease> all;
  const size_t keys = std::stoull(words[2]);
  for (size_t i = 0; i < (keys - 1) / 2; ++i)
    all.emplace_back(name_of(words[4 + 2 * i]), id_of(words[3 + keys + 4 + 4 * i]));
  return all;
}

void Ledger::check_empty() const {
  for (const std::string &key : data_.keys())
    if (!key.ends_with("}:f") && !key.ends_with("guard"))
      throw Violation(kNothingLeft, "the server still has " + key);
}

// ---- Around a script ----

void Ledger::before(const ServedScript &script, const Words &words) {
  const auto count = static_cast<std::ptrdiff_t>(std::stoull(words[2]));
  script_ = &script;
  keys_.assign(words.begin() + 3, words.begin() + 3 + count);
  argv_.assign(words.begin() + 3 + count, words.end());
  old_.clear();
  asked_ = what_was_asked();
  std::set<std::string> heard;
  if (script.name == "beat") heard.insert(argv_.begin(), argv_.end());
  for (const std::string &key : keys_)
    if (key.ends_with('}') || key.ends_with("}:w")) {
      const std::string lock = key.substr(0, key.find('}') + 1);
      old_.emplace(lock, look(lock, script.name == "acq" ? asked_[lock].id : "", heard));
    }
}

std::map<std::string, Ledger::Asked> Ledger::what_was_asked() const {
  std::map<std::string, Asked> all;
  const std::string &script = script_->name;
  if (script == "break") all[keys_[1]] = {argv_[2], "", "", "", "", ""};
  for (size_t i = 0; script == "acq" && 5 * i + 1 < keys_.size(); ++i) {
    const std::string *at = &argv_[3 + 7 * i];
    all[keys_[5 * i + 1]] = {id_of(at[0]), at[0], at[2].substr(0, 1), "", "", ""};
  }
  for (size_t i = 0; script == "rel" && 5 * i + 1 < keys_.size(); ++i) {
    const std::string *at = &argv_[2 + 5 * i];
    all[keys_[5 * i + 1]] = {id_of(at[0]), at[0], at[1], at[2], at[3], at[4]};
  }
  return all;
}

void Ledger::after(const Reply &reply) {
  if (reply.is_error()) throw Violation(kHonest, script_->name + " failed: " + reply.text);
  for (const Reply &element : reply.elements)
    if (element.is_error()) throw Violation(kHonest, script_->name + " failed: " + element.text);
  for (const auto &[lock, old] : old_) compare(lock, old, look(lock));
  if (script_->name == "hold" || script_->name == "share") check_renewals(reply);
  if (script_->name != "break" || reply.elements[0].text != "OK") return;
  broken_.emplace(name_of(keys_[1]), argv_[2]);
  refused_.emplace(name_of(keys_[1]), argv_[2]);
}

void Ledger::compare(const std::string &lock, const Name &old, const Name &now) {
  const std::string &script = script_->name;
  Past &past = past_[lock];
  const Asked &asked = asked_[lock];
  const bool is_excused = excused_.count({name_of(lock), id_of(now.owner)}) != 0;
  if (!now.owner.empty() && !now.readers.empty() && !is_excused)
    throw Violation(kExclusion, lock + " has " + now.owner + " and readers, after " + script);
  const bool is_about_owner = !asked.id.empty() && asked.id == id_of(old.owner);
  if (!old.owner.empty() && now.owner != old.owner && !is_about_owner)
    throw Violation(kExclusion, join({script, "took", lock, "from", old.owner}));
  for (const std::string &reader : old.readers)
    if (now.readers.count(reader) == 0 &&
        !((script == "rel" || script == "break") && asked.id == id_of(reader)))
      throw Violation(kExclusion, join({script, "took", lock, "from", reader}));

  // A lease that has the name may come to have it under a newer att.
  if (now.owner != old.owner && script != "hold")  // who waits may be broken, and be served later
    broken_.erase({name_of(lock), id_of(now.owner)});
  std::set<std::string> granted;
  const bool is_grant = !now.owner.empty() && now.owner != old.owner && script != "hold";
  if (is_grant && id_of(now.owner) != id_of(old.owner)) granted.insert(id_of(now.owner));
  for (const std::string &reader : now.readers)
    if (old.readers.count(reader) == 0) granted.insert(id_of(reader));
  const bool may_revive = script == "hold" || script == "share";  // what ran out a moment ago
  if (!granted.empty() && !may_revive) check_order(lock, old, now, granted);
  check_fence(lock, old, now, is_grant);

  const bool was_held = asked.ended != "0";
  if (script == "rel" && was_held && asked.kind == "x" && now.owner != old.owner)
    past.over[asked.me] = {old.fence, past.put_backs};
  if (script == "break" && now.owner != old.owner && id_of(old.owner) == asked.id)
    past.over[old.owner] = {old.fence, past.put_backs};
}

// Nobody passes a live waiter: of those who stand in the line, only the first ones were served.
void Ledger::check_order(const std::string &lock, const Name &old, const Name &now,
                         const std::set<std::string> &granted) const {
  const auto found = asked_.find(lock);
  const std::string asks = found == asked_.end() ? "" : found->second.id;
  size_t served = 0;
  std::string passed;
  for (const std::string &id : old.line) {
    const bool has_left = script_->name == "rel" && asks == id;
    if (granted.count(id) != 0) {
      if (!passed.empty()) break;
      ++served;
    } else if (!has_left && passed.empty()) {
      const bool is_gone = std::find(now.line.begin(), now.line.end(), id) == now.line.end();
      const bool is_itself = script_->name == "acq" && asks == id;
      // Past its own deadline by what it says now.
      if (!(is_gone && is_itself)) passed = id;
    }
  }
  if (!passed.empty() && served < granted.size())
    throw Violation(
        kOrder, script_->name + " gave " + lock + " to " + *granted.begin() + ", before " + passed);
}

void Ledger::check_fence(const std::string &lock, const Name &old, const Name &now, bool is_grant) {
  Past &past = past_[lock];
  const Asked &asked = asked_[lock];
  // A failed attempt takes its grant back, and the next one may get that fence.
  const bool is_put_back = asked.ended == "0" && asked.found != "-" && old.owner == asked.me &&
                           asked.fence == std::to_string(old.fence);
  if (is_put_back) {
    past.highest = asked.found.empty() ? 0 : std::stoull(asked.found);
    ++past.put_backs;
  } else if (now.fence < old.fence) {
    throw Violation(kFence, script_->name + " lowered the fence of " + lock);
  }
  if (!is_grant) return;
  if (now.fence <= past.highest)
    throw Violation(kFence, script_->name + " gave fence " + std::to_string(now.fence) + " of " +
                                lock + " after " + std::to_string(past.highest));
  past.highest = now.fence;
}

// What HOLD says OK to was not over, and nobody had a higher fence since (I9).
void Ledger::check_renewals(const Reply &reply) {
  if (reply.elements[0].text != "OK") return;
  const bool exclusive = script_->name == "hold";
  for (size_t i = 0; i + 2 < reply.elements.size(); ++i) {
    const std::string &key = keys_[2 * i + 1];
    const std::string lock = key.substr(0, key.find('}') + 1);
    const std::string &me = argv_[exclusive ? 4 + 4 * i : 3 + 3 * i];
    if (reply.elements[i + 2].text != "OK") {
      refused_.emplace(name_of(lock), id_of(me));
      continue;
    }
    if (!exclusive || excused_.count({name_of(lock), id_of(me)}) != 0) continue;
    Past &past = past_[lock];
    const uint64_t fence = std::stoull(argv_[5 + 4 * i]);
    if (const Name now = look(lock); now.owner != me || now.fence != fence)
      throw Violation(kFence, join({"hold said OK to", me, "of", lock, "which", now.owner, "has"}));
    if (fence < past.highest)
      throw Violation(kFence, join({"hold kept", me, "of", lock, "though a higher fence was given:",
                                    std::to_string(past.highest)}));
    const auto over = past.over.find(me);
    if (over != past.over.end() && over->second.fence >= fence &&
        over->second.put_backs == past.put_backs)
      throw Violation(kLostForGood, join({"hold brought back", me, "of", lock}));
    past.highest = fence;  // a quorum's may be above its own
  }
}

void Ledger::start_anew(const std::vector<Lease> &lost) {
  past_.clear();
  excused_.insert(lost.begin(), lost.end());
}

}  // namespace repolock::sim
