// repolock doctor - what is wrong with the way the backend is set up.

#include "client.h"
#include "exit_codes.h"
#include "help.h"
#include "rows.h"
#include "subcommands.h"
#include "text.h"

namespace repolock::shell {
namespace {

bool is_finding(const Row &row) {
  return row.kind == REPOLOCK_ROW_NODE && row.status != "OK";
}

JsonObject finding_json(const Row &row) {
  JsonObject json;
  return json.text_or_null("host", row.host)
      .text_or_null("status", row.status)
      .text("message", row.message);
}

int doctor(Common &common, int argc, char **argv) {
  const auto words = parse(kDoctor, common_options(common), argc, argv);
  if (!words.empty()) misused(kDoctor, std::string("it takes no words, so not '") + words[0] + "'");
  const Client client = open_client(make_config(common));
  repolock_op_t *op = nullptr;
  const auto started = repolock_diagnose_start(client.get(), &op);
  std::string text;
  std::vector<std::string> elements;
  for (const auto &row : rows_of(snapshot_of(finish(started, op)))) {
    if (!is_finding(row)) continue;
    text += (row.host.empty() ? "" : printable(row.host) + ": ") + printable(row.message) + "\n";
    elements.push_back(finding_json(row).str());
  }
  if (common.json) {
    print(json_array(elements) + "\n");
  } else if (!common.quiet) {
    print(elements.empty() ? "nothing is wrong\n" : text);
  }
  return elements.empty() ? kExitDone : kExitNo;
}

}  // namespace

const Subcommand kDoctor = {
    .name = "doctor",
    .operands = "",
    .summary = "what is wrong with the way the backend is set up",
    .manual =
        R"(Asks the backend what is wrong with the way it is set up, and prints each finding with its
remedy. Ends with 0 when there is none and with 1 otherwise.
)",
    .examples = R"(  repolock doctor --backend file:///srv/locks
)",
    .takes_command = false,
    .run = doctor,
};

}  // namespace repolock::shell
