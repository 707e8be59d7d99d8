/* cpair.c - the loop that each binding is measured against: acquire and release in C.
 *
 * usage: cpair URL COUNT    prints the microseconds of a pair */
#include <repolock/repolock.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static repolock_status_t pair(repolock_client_t *client, char *err) {
  repolock_lease_t *lease = NULL;
  repolock_status_t status =
      repolock_acquire(client, "bench/c", 7, NULL, &lease, err, REPOLOCK_ERR_SIZE);
  if (status == REPOLOCK_OK) status = repolock_release(lease);
  repolock_lease_free(lease);
  return status;
}

int main(int argc, char **argv) {
  char err[REPOLOCK_ERR_SIZE] = "usage: cpair URL COUNT";
  repolock_client_t *client = NULL;
  repolock_config_t *config = repolock_config_new();
  repolock_status_t status = REPOLOCK_E_INVALID;
  const int count = argc == 3 ? atoi(argv[2]) : 0;
  if (count > 0) status = repolock_config_set(config, "backend", argv[1], err, sizeof err);
  if (status == REPOLOCK_OK) status = repolock_client_open(config, &client, err, sizeof err);
  if (status == REPOLOCK_OK) status = pair(client, err); /* it connects */
  const double began = now_us();
  for (int i = 0; i < count && status == REPOLOCK_OK; i++) status = pair(client, err);
  if (status == REPOLOCK_OK) printf("%f\n", (now_us() - began) / count);
  if (status != REPOLOCK_OK) fprintf(stderr, "cpair: %s\n", err);
  repolock_client_free(client);
  repolock_config_free(config);
  return status == REPOLOCK_OK ? 0 : 1;
}
