#include "help.h"

#include <cstdio>
#include <cstring>

#include <repolock/repolock.h>

#include "exit_codes.h"
#include "failure.h"
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

std::string spelling(const Option &option) {
  std::string text;
  if (option.letter) text = std::string("-") + option.letter;
  if (option.name) text += (text.empty() ? "--" : ", --") + std::string(option.name);
  return text;
}

std::string options_text(const std::vector<Option> &options) {
  std::string out;
  for (size_t i = 0; i < options.size();) {
    const Option &first = options[i];
    std::string name = spelling(first);
    for (++i; i < options.size() && !options[i].help; ++i) name += ", " + spelling(options[i]);
    if (first.value) name += std::string(" ") + first.value;
    out += entry(name, first.help);
  }
  return out + entry("-h, --help", "this text");
}

std::string exit_codes_text() {
  std::string out = "Exit codes:\n";
  for (const auto &row : exit_rows()) out += entry(std::to_string(row.code), row.meaning);
  return out;
}

std::string settings_text() {
  std::string out = "Settings of the library, for --option KEY=VALUE (type; default):\n";
  const char *key, *type, *deflt, *doc;
  for (size_t i = 0; repolock_config_describe(i, &key, &type, &deflt, &doc) == REPOLOCK_OK; ++i) {
    const std::string facts = std::string(type) + "; " + (*deflt ? deflt : "none");
    out += entry(key, std::string(doc) + " (" + facts + ")");
  }
  return out;
}

std::string overview(std::span<const Subcommand *const> subcommands) {
  std::string out =
      "repolock - one lock for each git repository, across processes and hosts\n\n"
      "  repolock run owner/name git pull       run a command while holding the lock\n\n"
      "Commands:\n";
  for (const auto *each : subcommands) {
    out += entry(std::string(each->name) + " " + each->operands, each->summary);
  }
  out += entry("help [SUBJECT]", "about a command, or 'exit-codes', or 'settings'");
  out += entry("--version", "the version of the command and of its library");
  out +=
      "\nA repository is owner/name, or any URL of it: https, ssh and git@host: forms, with or "
      "without\n"
      ".git, are one lock. Locks live in files of this host, unless --backend or REPOLOCK_URL "
      "says\n"
      "otherwise.\n";
  return out;
}

}  // namespace

void print(const std::string &text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    throw Failure{kExitUnavailable,
                  std::string("cannot write the output: ") + std::strerror(errno)};
  }
}

void print_manual(const Subcommand &subcommand, const std::vector<Option> &options) {
  const std::string usage = std::string("Usage: repolock ") + subcommand.name + " [OPTION...] " +
                            subcommand.operands + "\n\n";
  std::string out =
      usage + subcommand.manual + "\nOptions:\n" + options_text(options) + "\n" + exit_codes_text();
  if (*subcommand.examples) out += std::string("\nExamples:\n") + subcommand.examples;
  print(out);
}

int help(std::span<const Subcommand *const> subcommands, int argc, char **argv) {
  const std::string subject = argc > 1 ? argv[1] : "";
  if (subject.empty()) {
    print(overview(subcommands));
    return kExitDone;
  }
  if (subject == "exit-codes" || subject == "settings") {
    print(subject == "settings" ? settings_text() : exit_codes_text());
    return kExitDone;
  }
  for (const auto *each : subcommands) {
    if (subject != each->name) continue;
    char wanted[] = "--help";
    char *words[] = {argv[1], wanted, nullptr};
    Common common;
    return each->run(common, 2, words);
  }
  throw Failure{kExitUsage,
                "there is no help on '" + subject + "'; 'repolock help' lists the subjects"};
}

}  // namespace repolock::shell
