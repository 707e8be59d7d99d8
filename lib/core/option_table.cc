#include "core/option_table.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "core/ascii.h"
#include "core/quote.h"

namespace repolock::core {
namespace {

constexpr size_t kMaxTypedBytes = 64;  // more is no slip of the hand

constexpr std::array<OptionRow, kOptionCount> kRows = {{
#define REPOLOCK_TEXT(enumerator, key, kind, type, deflt, doc) \
  {{key, type, deflt, doc}, OptionKind::kind, 0, 0},
#define REPOLOCK_TIME(enumerator, key, deflt, least, most, doc) \
  {{key, "ms, " #least " to " #most, #deflt, doc}, OptionKind::kTime, least, most},
    REPOLOCK_OPTIONS(REPOLOCK_TEXT, REPOLOCK_TIME)
#undef REPOLOCK_TEXT
#undef REPOLOCK_TIME
}};

// How many single letters have to be put in, taken out or changed to make b of a.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

// "" where no key is like it.
std::string_view nearest_key(std::string_view typed) {
  if (typed.empty() || typed.size() > kMaxTypedBytes) return "";
  const std::string key = lower_case(typed);
  std::string_view nearest;
  size_t least = SIZE_MAX;
  for (const OptionRow &row : kRows) {
    const std::string_view known = row.doc.key;
    const bool part = known.find(key) != std::string_view::npos;
    const size_t distance = part ? 1 : edit_distance(key, known);
    if (distance < least && distance <= known.size() / 2) {
      nearest = known;
      least = distance;
    }
  }
  return nearest;
}

std::string all_keys() {
  std::string keys;
  for (const OptionRow &row : kRows) keys += (keys.empty() ? "" : ", ") + std::string(row.doc.key);
  return keys;
}

}  // namespace

const OptionRow &row_of(Option option) {
  return kRows[static_cast<size_t>(option)];
}

const OptionDoc *describe(size_t index) {
  return index < kRows.size() ? &kRows[index].doc : nullptr;
}

Result<Option> find_option(std::string_view key) {
  for (size_t i = 0; i < kRows.size(); ++i) {
    if (key == kRows[i].doc.key) return static_cast<Option>(i);
  }
  const std::string_view meant = nearest_key(key);
  return Failure{Status::kInvalid,
                 "there is no option " + quoted(key) + ": " +
                     (meant.empty() ? "the options are " + all_keys()
                                    : "did you mean " + std::string(meant) + "?")};
}

}  // namespace repolock::core
