// repolock plugins - the backends there are: built in, and from outside.

#include <algorithm>
#include <string_view>

#include "client.h"
#include "console.h"
#include "exit_codes.h"
#include "json.h"
#include "subcommands.h"
#include "table.h"
#include "text.h"

namespace repolock::shell {
namespace {

struct Backend {
  std::vector<std::string> schemes;
  std::string version, file, status, message;
  int64_t abi, can;

  bool works() const { return status == "OK"; }
};

constexpr struct {
  int64_t bit;
  const char *name;
} kAbilities[] = {{REPOLOCK_CAN_FIFO, "fifo"},
                  {REPOLOCK_CAN_SHARE, "share"},
                  {REPOLOCK_CAN_SEVERAL, "several"},
                  {REPOLOCK_CAN_INSPECT, "inspect"},
                  {REPOLOCK_CAN_LIST, "list"},
                  {REPOLOCK_CAN_BREAK, "break"},
                  {REPOLOCK_CAN_CRASH_RELEASE, "crash_release"}};

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::string joined(const std::vector<std::string> &words) {
  std::string text;
  for (const auto &word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::vector<Backend> backends_of(const Snapshot &snapshot) {
  std::vector<Backend> found;
  for (size_t row = 0; row < repolock_snapshot_size(snapshot.get()); ++row) {
    const auto text = [&](int32_t which) {
      return std::string(repolock_snapshot_text(snapshot.get(), row, which));
    };
    const auto number = [&](int32_t which) {
      return repolock_snapshot_number(snapshot.get(), row, which);
    };
    found.push_back({words_of(text(REPOLOCK_TEXT_SCHEMES)), text(REPOLOCK_TEXT_VERSION),
                     text(REPOLOCK_TEXT_FILE), text(REPOLOCK_TEXT_STATUS),
                     text(REPOLOCK_TEXT_MESSAGE), number(REPOLOCK_NUMBER_ABI),
                     number(REPOLOCK_NUMBER_CAPABILITIES)});
  }
  return found;
}

const char *exclusion(const Backend &backend) {
  return backend.can & REPOLOCK_CAN_EXCLUDE_STRICT ? "strict" : "timed";
}

const char *fence(const Backend &backend) {
  if (backend.can & REPOLOCK_CAN_FENCE_STRICT) return "strict";
  return backend.can & REPOLOCK_CAN_FENCE ? "data" : "none";
}

std::vector<std::string> abilities(const Backend &backend) {
  std::vector<std::string> names;
  for (const auto &[bit, name] : kAbilities)
    if (backend.can & bit) names.emplace_back(name);
  return names;
}

std::string json_words(const std::vector<std::string> &words) {
  std::vector<std::string> elements;
  elements.reserve(words.size());
  for (const auto &word : words) elements.push_back(json_string(word));
  return json_array(elements);
}

std::string json_of(const Backend &backend) {
  const auto known = [&](const char *word) { return backend.works() ? word : ""; };
  JsonObject json;
  return json.raw("schemes", json_words(backend.schemes))
      .text_or_null("version", backend.version)
      .number_or_null("abi", backend.abi)
      .text_or_null("exclusion", known(exclusion(backend)))
      .text_or_null("fence", known(fence(backend)))
      .raw("can", json_words(backend.works() ? abilities(backend) : std::vector<std::string>()))
      .text_or_null("file", backend.file)
      .text("status", backend.status)
      .text_or_null("message", backend.message)
      .str();
}

std::string text_of(const std::vector<Backend> &backends) {
  std::vector<TableRow> rows = {{"SCHEMES", "VERSION", "ABI", "EXCLUSION", "FENCE", "CAN", "FROM"}};
  std::string wrong;
  for (const auto &each : backends) {
    if (each.works())
      rows.push_back({printable(joined(each.schemes)), printable(each.version),
                      std::to_string(each.abi), exclusion(each), fence(each),
                      joined(abilities(each)),
                      each.file.empty() ? "built in" : printable(each.file)});
    else
      wrong += printable(each.message) + "\n";
  }
  return table(rows) + wrong;
}

int plugins(Common &common, int argc, char **argv) {
  no_words(kPlugins, parse(kPlugins, common, {}, argc, argv));
  const auto found = backends_of(backends(make_config(common)));
  std::string out;
  if (common.json) {
    for (const auto &each : found) out += json_of(each) + "\n";
  } else if (common.quiet) {
    for (const auto &each : found)
      for (const auto &scheme : each.schemes) out += printable(scheme) + "\n";
  } else {
    out = text_of(found);
  }
  print(out);
  return std::all_of(found.begin(), found.end(), [](const Backend &each) { return each.works(); })
             ? kExitDone
             : kExitNo;
}

}  // namespace

const Subcommand kPlugins = {
    .name = "plugins",
    .operands = "",
    .summary = "the backends there are, built in and from outside",
    .manual =
        R"(Lists the backends: those that are built in, and those that the setting plugin.path finds,
each of which is loaded for it. EXCLUSION is strict where it rests on no clock, else timed; FENCE
is strict where fences grow whatever happens, data where they do while the server keeps its data,
else none. Ends with 1 when one cannot be loaded, and says why. With -q only the schemes.
)",
    .examples = R"(  repolock plugins --option plugin.path=/usr/local/lib/repolock
)",
    .takes_command = false,
    .run = plugins,
};

}  // namespace repolock::shell
