/* snapshot_worker.c - how an old C service comes to one lock for each repository.
 *
 * The service keeps clones of many repositories. Its workers, processes as many as you like, take
 * jobs from one queue: "snapshot" clones or pulls, then counts the files and saves a record;
 * "unwatch" deletes the clone. Two of them in one clone at once ruin it, so the git operation, and
 * nothing but that, is the body of repolock_with_lock. See work().
 *
 * It ends at SIGTERM or SIGINT, after the job at hand, or when there was no job for as long as
 * --idle says. */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <fcntl.h>
#include <repolock/repolock.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "worker/breaker.h"
#include "worker/git.h"
#include "worker/job_queue.h"
#include "worker/journal.h"
#include "worker/options.h"
#include "worker/snapshot.h"
#include "worker/witness.h"

enum {
  MAX_FAILURES = 6,
  FIRST_DELAY_MS = 25,
  LAST_DELAY_MS = 500,
  LOOK_FOR_JOBS_MS = 10
};

typedef struct service {
  options_t options;
  repolock_client_t *client;
  repolock_request_t *request;
  job_queue_t queue;
} service_t;

static volatile sig_atomic_t stopping;

static void stop(int signal_number) {
  (void)signal_number;
  stopping = 1;
}

static void pause_ms(int64_t delay) {
  struct timespec rest = {.tv_sec = delay / 1000, .tv_nsec = delay % 1000 * 1000000};
  nanosleep(&rest, NULL);
}

/* ---- Under the lock ---- */

typedef struct task {
  const job_t *job;
  const snapshot_t *snapshot;
  hold_t hold;
} task_t;

/* The body of repolock_with_lock: the git operation and nothing else. */
static int32_t work(repolock_lease_t *lease, void *user_data) {
  task_t *task = user_data;
  int previous = lease != NULL ? repolock_lease_previous(lease) : REPOLOCK_PREVIOUS_NONE;
  journal("granted", "fence=%llu previous=%d",
          lease != NULL ? (unsigned long long)repolock_lease_fence(lease) : 0ULL, previous);
  task->hold.lease = lease;
  task->hold.witness = witness_enter(task->snapshot->witness);
  int result = task->job->kind == JOB_UNWATCH
                   ? snapshot_delete(task->snapshot, &task->hold)
                   : snapshot_update(task->snapshot, &task->hold, previous);
  witness_leave(task->hold.witness, task->snapshot->witness);
  journal("leave", "result=%d", result);
  return result;
}

/* Who holds the repository is told to whoever waits for it: the job, in words. */
static repolock_status_t lock_and_work(const service_t *service, task_t *task, int32_t *result,
                                       char *err) {
  const job_t *job = task->job;
  if (service->options.without_lock) {
    *result = work(NULL, task);
    return REPOLOCK_OK;
  }
  char holder[64];
  int length = snprintf(holder, sizeof holder, "%s job %s",
                        job->kind == JOB_UNWATCH ? "unwatch" : "snapshot", job->id);
  repolock_request_set_holder(service->request, holder, (size_t)length);
  return repolock_with_lock(service->client, job->repo, strlen(job->repo), service->request, work,
                            task, result, err, REPOLOCK_ERR_SIZE);
}

/* ---- Around it ---- */

/* Doubled for each try. Half of it is chance, for many workers must not come back at once; half is
 * not, for a job should outlast a short trouble. */
static int64_t back_off(int tries) {
  int64_t longest = LAST_DELAY_MS;
  if (tries < 4) longest = (int64_t)FIRST_DELAY_MS << tries;
  return longest / 2 + random() % (longest / 2);
}

static void put_back(const service_t *service, const job_t *job, int64_t delay, const char *why) {
  journal("retry", "why=%s tries=%d failures=%d delay_ms=%lld", why, job->tries, job->failures,
          (long long)delay);
  if (job_put_back(&service->queue, job, delay) != 0) journal("error", "put_back=%d", errno);
}

/* One line for each snapshot that was taken. */
static int save(const service_t *service, const job_t *job, const scan_t *scan) {
  char line[JOB_REPO_SIZE + 160];
  int length = snprintf(line, sizeof line, "%s %s %s %ld %lld\n", job->id, job->repo, scan->commit,
                        scan->files, scan->bytes);
  int file = open(service->options.records, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) return -1;
  int saved = write(file, line, (size_t)length) == length ? 0 : -1;
  close(file);
  return saved;
}

static void git_failed(const service_t *service, job_t *job, breaker_t *breaker,
                       const char *complaint) {
  if (job->kind == JOB_SNAPSHOT) breaker_failure(breaker, now_ns() / 1000000);
  ++job->failures;
  journal("failed", "failures=%d message=\"%s\"", job->failures, complaint);
  if (job->failures < MAX_FAILURES) {
    put_back(service, job, back_off(job->failures), "git");
  } else if (job_failed(&service->queue, job) != 0) {
    journal("error", "job_failed=%d", errno);
  }
}

/* After the lock: slow or not, it holds up nobody. */
static void finish(const service_t *service, job_t *job, const snapshot_t *snapshot) {
  scan_t scan;
  if (job->kind == JOB_SNAPSHOT &&
      (snapshot_scan(snapshot, &scan) != 0 || save(service, job, &scan) != 0)) {
    put_back(service, job, back_off(job->tries), "save");
    return;
  }
  if (job_done(&service->queue, job) == 0) journal("done", NULL);
}

/* 0, or -1 if going on is of no use. */
static int handle(const service_t *service, job_t *job) {
  breaker_t *breaker = breaker_of(job->repo);
  snapshot_t snapshot;
  if (breaker == NULL || snapshot_open(&snapshot, service->options.snapshots,
                                       service->options.upstreams, job->repo) != 0) {
    perror("snapshot_worker: cannot prepare a job");
    put_back(service, job, LAST_DELAY_MS, "error");
    return -1;
  }
  int64_t pause = breaker_pause_ms(breaker, now_ns() / 1000000);
  if (pause > 0 && job->kind == JOB_SNAPSHOT) {
    put_back(service, job, pause, "breaker");
    return 0;
  }

  task_t task = {.job = job, .snapshot = &snapshot};
  char err[REPOLOCK_ERR_SIZE] = "";
  int32_t result = -1;
  journal("wait", "kind=%s tries=%d", job->kind == JOB_UNWATCH ? "unwatch" : "snapshot",
          job->tries);
  repolock_status_t status = lock_and_work(service, &task, &result, err);
  journal("returned", "status=%s", repolock_status_name(status));

  if (status == REPOLOCK_OK && result == 0) {
    if (job->kind == JOB_SNAPSHOT) breaker_success(breaker);
    finish(service, job, &snapshot);
  } else if (status == REPOLOCK_OK) {
    git_failed(service, job, breaker, task.hold.complaint);
  } else if (status == REPOLOCK_E_LOST || repolock_status_is_retryable(status)) {
    ++job->tries; /* somebody else has it: no failure of git, so the breaker does not hear of it */
    put_back(service, job, back_off(job->tries), repolock_status_name(status));
  } else {
    fprintf(stderr, "snapshot_worker: %s\n", err);
    put_back(service, job, LAST_DELAY_MS, "error");
    return -1;
  }
  return 0;
}

static int serve(service_t *service) {
  int64_t idle_since = now_ns();
  while (!stopping) {
    job_t job;
    int taken = job_take(&service->queue, &job);
    if (taken < 0) {
      perror("snapshot_worker: cannot take a job, check the directory of --jobs");
      return 1;
    }
    if (taken == 0) {
      if (now_ns() - idle_since > service->options.idle_ms * 1000000) break;
      pause_ms(LOOK_FOR_JOBS_MS);
      continue;
    }
    journal_about(job.id, job.repo);
    int handled = handle(service, &job);
    journal_about(NULL, NULL);
    if (handled != 0) return 1;
    idle_since = now_ns();
  }
  return 0;
}

/* ---- Beginning and end ---- */

/* setting: KEY=VALUE */
static int set(repolock_config_t *config, const char *setting, char *err) {
  char key[64];
  const char *equals = strchr(setting, '=');
  snprintf(key, sizeof key, "%.*s", (int)(equals - setting), setting);
  return repolock_config_set(config, key, equals + 1, err, REPOLOCK_ERR_SIZE) == REPOLOCK_OK;
}

static int open_client(service_t *service) {
  if (service->options.without_lock) {
    fputs("snapshot_worker: --no-lock: clones will be damaged\n", stderr);
    return 0;
  }
  char err[REPOLOCK_ERR_SIZE] = "out of memory";
  repolock_config_t *config = repolock_config_new();
  service->request = repolock_request_new();
  int opened = config != NULL && service->request != NULL;
  if (opened && service->options.backend != NULL) {
    opened = repolock_config_set(config, "backend", service->options.backend, err, sizeof err) == 0;
  }
  for (size_t at = 0; opened && at < service->options.setting_count; ++at) {
    opened = set(config, service->options.settings[at], err);
  }
  opened = opened && repolock_client_open(config, &service->client, err, sizeof err) == 0;
  repolock_config_free(config);
  if (!opened) {
    fprintf(stderr, "snapshot_worker: %s\n", err);
    return -1;
  }
  repolock_request_set_wait(service->request, service->options.wait_ms);
  return 0;
}

static void close_client(service_t *service) {
  if (service->client != NULL) repolock_shutdown(service->client, 1000);
  repolock_client_free(service->client);
  repolock_request_free(service->request);
}

int main(int argc, char **argv) {
  service_t service = {.client = NULL};
  if (options_read(&service.options, argc, argv) != 0) return 64;
  if (journal_open(service.options.journal) != 0 ||
      job_queue_open(&service.queue, service.options.jobs) != 0) {
    perror("snapshot_worker: cannot open the journal or the job queue");
    return 1;
  }
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = stop;
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  srandom((unsigned)(now_ns() ^ getpid()));
  int status = open_client(&service) == 0 ? serve(&service) : 1;
  close_client(&service);
  return status;
}
