// repolock help - the overview, and of one subject: a subcommand, "exit-codes" or "settings".
#include "help.h"

#include <repolock/repolock.h>

#include "console.h"
#include "exit_codes.h"
#include "json.h"
#include "subcommands.h"
#include "table.h"

namespace repolock::shell {
namespace {

constexpr size_t kWidth = 96;
constexpr size_t kColumn = 30;  // where the help of an option begins

// Two columns: what it is called, and what it means.
std::string entry(const std::string &name, const std::string &meaning) {
  std::string text = wrapped(meaning, kColumn, kWidth);
  if (name.size() + 4 > kColumn) return "  " + name + "\n" + text;
  return text.replace(0, name.size() + 2, "  " + name);
}

// An option under all its names.
struct OptionEntry {
  std::vector<std::string> names;
  const Option *first;  // has value and meaning
};

std::vector<OptionEntry> entries_of(const std::vector<Option> &options) {
  std::vector<OptionEntry> entries;
  for (const auto &option : options) {
    if (option.help) entries.push_back({{}, &option});
    auto &names = entries.back().names;
    if (option.letter) names.push_back(std::string("-") + option.letter);
    if (option.name) names.push_back("--" + std::string(option.name));
  }
  return entries;
}

std::string options_text(const std::vector<Option> &options) {
  std::string out;
  for (const auto &[names, option] : entries_of(options)) {
    std::string text;
    for (const auto &name : names) text += (text.empty() ? "" : ", ") + name;
    if (option->value) text += std::string(" ") + option->value;
    out += entry(text, option->help);
  }
  return out;
}

JsonObject options_json(const OptionEntry &entry) {
  std::vector<std::string> names;
  names.reserve(entry.names.size());
  for (const auto &name : entry.names) names.push_back(json_string(name));
  JsonObject json;
  return json.raw("names", json_array(names))
      .text_or_null("value", entry.first->value ? entry.first->value : "")
      .text("meaning", entry.first->help);
}

std::string exit_codes_text(bool json) {
  std::string out = json ? "" : "Exit codes:\n";
  for (const auto &row : exit_rows()) {
    out += json ? JsonObject().number("exit", row.code).text("meaning", row.meaning).str() + "\n"
                : entry(std::to_string(row.code), row.meaning);
  }
  return out;
}

std::string settings_text(bool json) {
  std::string out =
      json ? "" : "Settings of the library, for --option KEY=VALUE (type; default):\n";
  const char *key, *type, *deflt, *doc;
  for (size_t i = 0; repolock_config_describe(i, &key, &type, &deflt, &doc) == REPOLOCK_OK; ++i) {
    if (json) {
      JsonObject object;
      object.text("key", key).text("type", type).text_or_null("default", deflt);
      out += object.text("meaning", doc).str() + "\n";
    } else {
      const std::string facts = std::string(type) + "; " + (*deflt ? deflt : "none");
      out += entry(key, std::string(doc) + " (" + facts + ")");
    }
  }
  return out;
}

std::string overview() {
  std::string out =
      "repolock - one lock for each git repository, across processes and hosts\n\n"
      "  repolock run owner/name git pull       run a command while holding the lock\n\n"
      "Commands:\n";
  for (const auto *each : subcommands()) {
    out += entry(std::string(each->name) + " " + each->operands, each->summary);
  }
  Common common;
  out += "\nOptions of each command, which may also stand before it:\n" +
         options_text(common_options(common));
  out +=
      "\nA repository is owner/name, or any URL of it: https, ssh and git@host: forms, with or "
      "without\n"
      ".git, are one lock. Locks live in files of this host, unless --backend or REPOLOCK_URL "
      "says\n"
      "otherwise.\n";
  return out;
}

void print_manual_of(const Subcommand &subcommand, Common common) {
  std::string name = subcommand.name, help = "--help";
  char *words[] = {name.data(), help.data(), nullptr};
  try {
    subcommand.run(common, 2, words);
  } catch (const Failure &failure) {
    if (failure.exit_code != kExitDone) throw;
  }
}

int help(Common &common, int argc, char **argv) {
  const auto words = parse(kHelp, common, {}, argc, argv);
  const std::string subject = words.empty() ? "" : only_word(kHelp, words);
  if (subject.empty() && !common.json) {
    print(overview());
    return kExitDone;
  }
  if (subject == "exit-codes" || subject == "settings") {
    print(subject == "settings" ? settings_text(common.json) : exit_codes_text(common.json));
    return kExitDone;
  }
  bool found = false;
  for (const auto *each : subcommands()) {
    if (!subject.empty() && subject != each->name) continue;
    print_manual_of(*each, common);
    found = true;
  }
  if (!found) {
    throw Failure{kExitUsage,
                  "there is no help on '" + subject + "'; 'repolock help' lists the subjects"};
  }
  return kExitDone;
}

}  // namespace

void print_manual(const Subcommand &subcommand, const std::vector<Option> &options, bool json) {
  if (json) {
    std::vector<std::string> elements;
    for (const auto &each : entries_of(options)) elements.push_back(options_json(each).str());
    print(JsonObject()
              .text("command", subcommand.name)
              .text("operands", subcommand.operands)
              .text("summary", subcommand.summary)
              .raw("options", json_array(elements))
              .str() +
          "\n");
    return;
  }
  const std::string operands = *subcommand.operands ? std::string(" ") + subcommand.operands : "";
  std::string out = std::string("Usage: repolock ") + subcommand.name + " [OPTION...]" + operands +
                    "\n\n" + subcommand.manual + "\nOptions:\n" + options_text(options) + "\n" +
                    exit_codes_text(false);
  if (*subcommand.examples) out += std::string("\nExamples:\n") + subcommand.examples;
  print(out);
}

const Subcommand kHelp = {
    .name = "help",
    .operands = "[SUBJECT]",
    .summary = "about a command, or 'exit-codes', or 'settings'",
    .manual =
        R"(Without SUBJECT it lists the commands; with --json it tells all of each, its options too, as a
completion or another front needs it. Also as --help.
)",
    .examples = R"(  repolock help run
  repolock help settings
)",
    .takes_command = false,
    .run = help,
};

}  // namespace repolock::shell
