/* plugin_offsets.c - the tables of plugin.h lie in memory as plugin_offsets.inc says, for good. */
#include <repolock/plugin.h>
#include <stdio.h>

static int moved;

static void expect(const char *what, size_t is, size_t was) {
  if (is == was) return;
  printf("%s is %zu, was %zu: a plugin built earlier would break; append, never move\n", what, is,
         was);
  moved = 1;
}

int main(void) {
  if (sizeof(void *) != 8 || sizeof(size_t) != 8) {
    puts("SKIP the list is for LP64 systems");
    return 77;
  }
#define FIELD(table, field, offset) \
  expect(#table "." #field, offsetof(struct table, field), offset);
#define SIZE(table, size) expect("sizeof " #table, sizeof(struct table), size);
#include "plugin_offsets.inc"
  return moved;
}
