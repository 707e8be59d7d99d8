/* pipeline.c SOCKET COMMANDS DEPTH MS - what redis-benchmark -c 1 -P DEPTH does, with commands that
 * differ: COMMANDS, a file of them as they are sent, goes over one connection again and again, each
 * DEPTH of them at once and then their replies. */
#include "bench.h"

#include <hiredis/hiredis.h>

static size_t read_file(const char *path, char *into, size_t most) {
  FILE *file = fopen(path, "rb");
  need(file != NULL, path, "open");
  const size_t size = fread(into, 1, most, file);
  need(size > 0 && size < most, path, "read");
  fclose(file);
  return size;
}

/* Where the command at `at` ends: "*<words>", then "$<size>" and the bytes of each. */
static const char *end_of_command(const char *at) {
  char *next;
  for (long words = strtol(at + 1, &next, 10); words > 0; --words) {
    const long size = strtol(next + 3, &next, 10);
    next += 2 + size;
  }
  return next + 2;
}

int main(int argc, char **argv) {
  static char commands[1 << 20];
  need(argc == 5, "usage", "pipeline SOCKET COMMANDS DEPTH MS");
  const char *const end = commands + read_file(argv[2], commands, sizeof commands);
  const int depth = atoi(argv[3]);
  redisContext *redis = redisConnectUnix(argv[1]);
  need(redis != NULL && redis->err == 0, argv[1], "connect");
  long answered = 0;
  const int64_t begin = now_ns(), until = begin + (int64_t)atoi(argv[4]) * 1000000;
  for (const char *batch = commands; now_ns() < until || batch != commands;) {
    const char *next = batch;
    for (int i = 0; i < depth; ++i) next = end_of_command(next);
    redisAppendFormattedCommand(redis, batch, (size_t)(next - batch));
    for (int i = 0; i < depth; ++i, ++answered) {
      redisReply *reply = NULL;
      need(redisGetReply(redis, (void **)&reply) == REDIS_OK, "reply", redis->errstr);
      need(reply->type != REDIS_REPLY_ERROR, "reply", reply->str);
      freeReplyObject(reply);
    }
    batch = next < end ? next : commands;
  }
  printf("{\"commands\": %ld, \"seconds\": %.3f}\n", answered, (double)(now_ns() - begin) / 1e9);
  redisFree(redis);
  return 0;
}
