#define _POSIX_C_SOURCE 200809L
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char kUsage[] =
    "usage: snapshot_worker --jobs DIR --snapshots DIR --upstreams URL --records FILE --journal "
    "FILE\n"
    "                       [--backend URL] [--option KEY=VALUE]... [--wait MS] [--idle MS]\n"
    "                       [--no-lock]\n";

static int complain(const char *what, const char *argument) {
  fprintf(stderr, "snapshot_worker: %s: %s\n%s", argument, what, kUsage);
  return -1;
}

static int read_number(const char *text, const char *argument, long *out) {
  char *end;
  if (text == NULL) return 0;
  *out = strtol(text, &end, 10);
  if (*text != '\0' && *end == '\0' && *out >= 0) return 0;
  return complain("wants milliseconds, 0 or more", argument);
}

int options_read(options_t *options, int argc, char **argv) {
  const char *wait = NULL, *idle = NULL, *setting = NULL;
  const struct {
    const char *name;
    const char **value;
    int required;
  } known[] = {{"--jobs", &options->jobs, 1},
               {"--snapshots", &options->snapshots, 1},
               {"--upstreams", &options->upstreams, 1},
               {"--records", &options->records, 1},
               {"--journal", &options->journal, 1},
               {"--backend", &options->backend, 0},
               {"--option", &setting, 0},
               {"--wait", &wait, 0},
               {"--idle", &idle, 0}};
  const size_t count = sizeof known / sizeof *known;

  *options = (options_t){.wait_ms = 2000, .idle_ms = 60000};
  for (int at = 1; at < argc; ++at) {
    if (strcmp(argv[at], "--no-lock") == 0) {
      options->without_lock = 1;
      continue;
    }
    size_t option = 0;
    while (option < count && strcmp(argv[at], known[option].name) != 0) ++option;
    if (option == count) return complain("no such option", argv[at]);
    if (at + 1 == argc) return complain("wants a value", argv[at]);
    *known[option].value = argv[++at];
    if (known[option].value != &setting) continue;
    if (strchr(setting, '=') == NULL) return complain("wants KEY=VALUE", "--option");
    if (options->setting_count == MAX_SETTINGS) return complain("too many of them", "--option");
    options->settings[options->setting_count++] = setting;
  }
  for (size_t option = 0; option < count; ++option) {
    if (known[option].required && *known[option].value == NULL) {
      return complain("is needed", known[option].name);
    }
  }
  if (read_number(wait, "--wait", &options->wait_ms) != 0) return -1;
  return read_number(idle, "--idle", &options->idle_ms);
}
