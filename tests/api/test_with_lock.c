/* repolock_with_lock: acquires, runs a body on the calling thread, releases. */
#include "redis_place.h"

static repolock_request_t *no_wait;

static int no_wait_request(void **state) {
  (void)state;
  no_wait = new_request(5000, 0);
  return 0;
}

static int no_request(void **state) {
  (void)state;
  repolock_request_free(no_wait);
  return 0;
}

/* What a body finds, and what it is to do. */
struct job {
  repolock_client_t *client, *other;
  const struct place *place;
  const char *repo; /* to be locked inside */
  bool ran, same_thread, was_held;
  pthread_t thread;
  repolock_status_t status; /* of what was done inside */
  char err[REPOLOCK_ERR_SIZE];
};

static int32_t look(repolock_lease_t *lease, void *user_data) {
  struct job *job = user_data;
  job->ran = true;
  job->same_thread = pthread_equal(job->thread, pthread_self());
  job->status = repolock_lease_status(lease);
  job->was_held = !is_free(job->other, "a/b");
  return 42;
}

static struct job new_job(const struct place *place) {
  struct job job;
  memset(&job, 0, sizeof job);
  job.place = place;
  job.client = open_client(place);
  job.other = open_client(place);
  job.thread = pthread_self();
  return job;
}

static void end_job(struct job *job) {
  close_client(job->client);
  close_client(job->other);
}

static repolock_status_t with_lock(struct job *job, const char *repo, repolock_body_cb body,
                                   int32_t *result) {
  return repolock_with_lock(job->client, NAME(repo), no_wait, body, job, result, job->err,
                            sizeof job->err);
}

static void runs_the_body_on_the_calling_thread(void **state) {
  struct job job = new_job(*state);
  int32_t result = 0;
  strcpy(job.err, "untouched");
  assert_status(with_lock(&job, "a/b", look, &result), REPOLOCK_OK);
  assert_int_equal(result, 42);
  assert_string_equal(job.err, "untouched");
  assert_true(job.ran && job.same_thread && job.was_held);
  assert_status(job.status, REPOLOCK_OK);
  assert_true(is_free(job.other, "a/b"));
  assert_status(with_lock(&job, "a/b", look, NULL), REPOLOCK_OK);
  end_job(&job);
}

static void any_other_status_is_that_it_did_not_run(void **state) {
  struct job job = new_job(*state);
  int32_t result = 7;
  repolock_lease_t *lease = lock(job.other, "a/b");
  assert_status(with_lock(&job, "a/b", look, &result), REPOLOCK_E_HELD);
  assert_contains(job.err, "a/b");
  assert_status(with_lock(&job, "../b", look, &result), REPOLOCK_E_INVALID);
  assert_contains(job.err, "../b");
  assert_status(with_lock(&job, "a/b", NULL, &result), REPOLOCK_E_INVALID);
  assert_contains(job.err, "body");
  assert_status(repolock_with_lock(NULL, NAME("a/b"), NULL, look, &job, &result, NULL, 0),
                REPOLOCK_E_INVALID);
  assert_status(repolock_with_lock(job.client, NULL, 3, NULL, look, &job, &result, NULL, 0),
                REPOLOCK_E_INVALID);
  unlock(lease);
  assert_status(repolock_shutdown(job.client, 0), REPOLOCK_OK);
  assert_status(with_lock(&job, "a/b", look, &result), REPOLOCK_E_SHUTDOWN);
  assert_false(job.ran);
  assert_int_equal(result, 7);
  repolock_client_free(job.client);
  close_client(job.other);
}

static int32_t release_early(repolock_lease_t *lease, void *user_data) {
  struct job *job = user_data;
  job->status = repolock_release(lease);
  job->was_held = !is_free(job->other, "a/b");
  return -1;
}

static void the_body_may_release_early(void **state) {
  struct job job = new_job(*state);
  int32_t result = 0;
  assert_status(with_lock(&job, "a/b", release_early, &result), REPOLOCK_OK);
  assert_status(job.status, REPOLOCK_OK);
  assert_false(job.was_held);
  assert_int_equal(result, -1);
  end_job(&job);
}

static int32_t lock_inside(repolock_lease_t *lease, void *user_data) {
  struct job *job = user_data;
  repolock_lease_t *second = NULL;
  (void)lease;
  repolock_request_t *both = new_request(5000, -1); /* without the check it would wait for ever */
  repolock_request_add_repo(both, NAME("x/y"));
  job->status =
      repolock_acquire(job->client, NAME(job->repo), both, &second, job->err, sizeof job->err);
  repolock_request_free(both);
  if (job->status == REPOLOCK_OK) unlock(second);
  return 0;
}

static void inside_it_the_same_repository_is_a_deadlock(void **state) {
  static const struct {
    const char *outside, *inside;
    repolock_status_t status;
  } cases[] = {{"a/b", "a/b", REPOLOCK_E_DEADLOCK},
               {"a/b", "https://github.com/A/B.git", REPOLOCK_E_DEADLOCK},
               {"x/y", "c/d", REPOLOCK_E_DEADLOCK},
               {"a/b", "c/d", REPOLOCK_OK}};
  struct job job = new_job(*state);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    job.repo = cases[i].inside;
    assert_status(with_lock(&job, cases[i].outside, lock_inside, NULL), REPOLOCK_OK);
    assert_status(job.status, cases[i].status);
    if (job.status == REPOLOCK_E_DEADLOCK) assert_contains(job.err, cases[i].outside);
  }
  /* When it is over, it is over. */
  job.repo = "a/b";
  lock_inside(NULL, &job);
  assert_status(job.status, REPOLOCK_OK);
  end_job(&job);
}

static int32_t nest(repolock_lease_t *lease, void *user_data) {
  struct job *job = user_data;
  (void)lease;
  job->status = with_lock(job, job->repo, look, NULL);
  return 0;
}

static void bodies_nest(void **state) {
  struct job job = new_job(*state);
  job.repo = "a/b";
  assert_status(with_lock(&job, "c/d", nest, NULL), REPOLOCK_OK);
  assert_status(job.status, REPOLOCK_OK);
  assert_true(job.was_held);
  assert_status(with_lock(&job, "a/b", nest, NULL), REPOLOCK_OK);
  assert_status(job.status, REPOLOCK_E_DEADLOCK);
  end_job(&job);
}

static void *lock_elsewhere(void *user_data) {
  struct job *job = user_data;
  job->status = with_lock(job, "a/b", look, NULL);
  return NULL;
}

static int32_t lock_from_another_thread(repolock_lease_t *lease, void *user_data) {
  pthread_t thread;
  (void)lease;
  pthread_create(&thread, NULL, lock_elsewhere, user_data);
  pthread_join(thread, NULL);
  return 0;
}

/* Of this thread, not of this process: another one waits like everybody. */
static void another_thread_is_no_deadlock(void **state) {
  struct job job = new_job(*state);
  assert_status(with_lock(&job, "a/b", lock_from_another_thread, NULL), REPOLOCK_OK);
  assert_status(job.status, REPOLOCK_E_HELD);
  end_job(&job);
}

static int32_t lose_it(repolock_lease_t *lease, void *user_data) {
  struct job *job = user_data;
  repolock_op_t *op = NULL;
  repolock_break_start(job->other, NAME("a/b"), repolock_lease_id(lease), &op);
  job->status = repolock_op_wait(op, -1);
  repolock_op_free(op);
  return 3;
}

static void lost_while_the_body_ran(void **state) {
  struct job job = new_job(*state);
  int32_t result = 0;
  assert_status(with_lock(&job, "a/b", lose_it, &result), REPOLOCK_E_LOST);
  assert_status(job.status, REPOLOCK_OK);
  assert_int_equal(result, 3);
  assert_contains(job.err, "a/b");
  assert_contains(job.err, "broke");
  assert_true(is_free(job.other, "a/b"));
  end_job(&job);
}

static int32_t free_the_client(repolock_lease_t *lease, void *user_data) {
  struct job *job = user_data;
  repolock_client_free(job->client);
  job->status = repolock_lease_status(lease);
  return 1;
}

static void the_body_may_free_the_client(void **state) {
  struct job job = new_job(*state);
  int32_t result = 0;
  assert_status(with_lock(&job, "a/b", free_the_client, &result), REPOLOCK_E_LOST);
  assert_int_equal(result, 1);
  close_client(job.other);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_EACH(runs_the_body_on_the_calling_thread),
      ON_EACH(any_other_status_is_that_it_did_not_run),
      ON_EACH(the_body_may_release_early),
      ON_EACH(inside_it_the_same_repository_is_a_deadlock),
      ON_EACH(bodies_nest),
      ON_EACH(another_thread_is_no_deadlock),
      ON_EACH(lost_while_the_body_ran),
      ON_EACH(the_body_may_free_the_client),
  };
  return cmocka_run_group_tests(tests, no_wait_request, no_request);
}
