// repolock doctor - what is wrong with the way the backend is set up.

#include "client.h"
#include "console.h"
#include "exit_codes.h"
#include "rows.h"
#include "subcommands.h"
#include "text.h"

namespace repolock::shell {
namespace {

bool is_finding(const Row &row) {
  return row.kind == REPOLOCK_ROW_NODE && row.status != "OK";
}

std::string finding_text(const Row &row) {
  const bool names_it = row.message.starts_with(row.host);
  return (names_it ? "" : printable(row.host) + ": ") + printable(row.message);
}

JsonObject finding_json(const Row &row) {
  JsonObject json;
  return json.text_or_null("host", row.host)
      .text_or_null("status", row.status)
      .text("message", row.message);
}

int doctor(Common &common, int argc, char **argv) {
  no_words(kDoctor, parse(kDoctor, common, {}, argc, argv));
  const Client client = open_client(make_config(common));
  repolock_op_t *op = nullptr;
  const auto started = repolock_diagnose_start(client.get(), &op);
  std::string findings;
  for (const auto &row : rows_of(snapshot_of(finish(started, op)))) {
    if (!is_finding(row)) continue;
    findings += (common.json ? finding_json(row).str() : finding_text(row)) + "\n";
  }
  const bool healthy = findings.empty();
  if (healthy && !common.json) findings = "nothing is wrong\n";
  if (common.json || !common.quiet) print(findings);
  return healthy ? kExitDone : kExitNo;
}

}  // namespace

const Subcommand kDoctor = {
    .name = "doctor",
    .operands = "",
    .summary = "what is wrong with the way the backend is set up",
    .manual =
        R"(Asks the backend what is wrong with the way it is set up, and prints each finding with its
remedy, a line each. Ends with 0 when there is none and with 1 otherwise.
)",
    .examples = R"(  repolock doctor --backend file:///srv/locks
)",
    .takes_command = false,
    .run = doctor,
};

}  // namespace repolock::shell
