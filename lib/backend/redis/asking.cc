// asking.cc - who holds and who waits, of one name or of all.
#include <set>
#include <utility>

#include "backend/redis/client.h"

namespace repolock::backend::redis {

namespace {

constexpr size_t kMostNames = 10'000;
constexpr char kMostWaiters[] = "1000";

// So that it stands for itself in a pattern.
std::string as_pattern(const std::string &text) {
  std::string pattern;
  for (const char c : text) {
    if (c == '*' || c == '?' || c == '[' || c == ']' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern;
}

// The name that a key tells of, if that may be held or waited for: F alone is of the past.
std::string name_in(const std::string &key, const std::string &prefix) {
  if (!key.starts_with(prefix + '{')) return "";
  std::string name = key.substr(prefix.size() + 1);
  for (const char *end : {"}", "}:q", "}:r"})
    if (name.ends_with(end)) return name.substr(0, name.size() - std::string_view(end).size());
  return "";
}

void add_name(const std::string &repo, const Reply &reply, Rows *rows) {
  if (reply.elements.size() < 5) return;
  const int64_t now = reply.elements[1].integer;
  const auto fence = read_fence_record(reply.elements[2].text);
  for (const Reply &holder : reply.elements[3].elements) {
    if (holder.elements.size() < 3) continue;
    const std::string &text = holder.elements[1].text;
    const int64_t left = holder.elements[2].integer;
    const auto lease = read_lease_record(text);
    if (lease)
      rows->add_holder(repo, *lease, holder.elements[0].text == "s",
                       fence ? static_cast<int64_t>(fence->fence) : -1, now, left);
    else
      rows->add_foreign(repo, text, left);
  }
  int64_t place = 0;
  for (const Reply &waiter : reply.elements[4].elements) {
    if (waiter.elements.size() < 2) continue;
    ++place;
    if (const auto lease = read_lease_record(waiter.elements[1].text))
      rows->add_waiter(repo, *lease, waiter.elements[0].text == "s", place, now - lease->since);
  }
}

}  // namespace

void Client::inspect(const repolock_backend_request_t &sent) {
  if (sent.claim_count > 0) return inspect_each(sent.id, {sent.claims[0].repo});
  inspect_all(sent.id, "0", std::make_shared<std::set<std::string>>());
}

void Client::inspect_all(uint64_t request, const std::string &cursor,
                         const std::shared_ptr<std::set<std::string>> &names) {
  const std::string pattern = as_pattern(settings_.prefix) + "{*";
  node_.send({"SCAN", cursor, "MATCH", pattern, "COUNT", "1000"},
             [this, request, names](const Outcome &outcome) {
               if (outcome.failure) return fail(request, *outcome.failure);
               const auto &elements = outcome.reply.elements;
               if (elements.size() < 2)
                 return inspect_each(request, {names->begin(), names->end()});
               for (const Reply &key : elements[1].elements)
                 if (const std::string name = name_in(key.text, settings_.prefix); !name.empty())
                   names->insert(name);
               if (elements[0].text == "0" || names->size() >= kMostNames)
                 return inspect_each(request, {names->begin(), names->end()});
               inspect_all(request, elements[0].text, names);
             });
}

void Client::inspect_each(uint64_t request, const std::vector<std::string> &names) {
  struct Gathering {
    Rows rows;
    size_t missing;
    Fault fault;
  };
  auto gathering = std::make_shared<Gathering>();
  gathering->missing = names.size();
  if (names.empty()) return answer(request, gathering->rows);
  for (const std::string &name : names)
    node_.run({&script::kInspect, Keys(settings_.prefix, name).all(),
               [] { return std::optional(std::vector<std::string>{kMostWaiters}); }, false,
               [this, request, name, gathering](const Outcome &outcome) {
                 if (outcome.failure) gathering->fault = outcome.failure;
                 add_name(name, outcome.reply, &gathering->rows);
                 if (--gathering->missing > 0) return;
                 if (gathering->fault && gathering->rows.rows().empty())
                   return fail(request, *gathering->fault);
                 answer(request, gathering->rows);
               }});
}

}  // namespace repolock::backend::redis
