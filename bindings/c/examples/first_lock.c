/* first_lock.c - git fetch in the current directory, while nobody else has that repository. */
#include <repolock/repolock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int32_t fetch(repolock_lease_t *lease, void *user_data) {
  (void)user_data;
  printf("mine, with fence %llu\n", (unsigned long long)repolock_lease_fence(lease));
  fflush(stdout);
  return system("git fetch");
}

int main(int argc, char **argv) {
  const char *repo = argc > 1 ? argv[1] : "owner/name";
  char err[REPOLOCK_ERR_SIZE] = "";
  repolock_client_t *client = NULL;
  int32_t result = -1;
  int status = repolock_client_open(NULL, &client, err, sizeof err);
  if (status == REPOLOCK_OK)
    status =
        repolock_with_lock(client, repo, strlen(repo), NULL, fetch, NULL, &result, err, sizeof err);
  if (status != REPOLOCK_OK) fprintf(stderr, "first_lock: %s\n", err);
  repolock_client_free(client);
  return status == REPOLOCK_OK && result == 0 ? 0 : 1;
}
