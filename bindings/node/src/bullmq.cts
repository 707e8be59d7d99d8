// For workers of BullMQ, of which nothing is imported: it knows its errors by their names.
import type { Client } from './client.cjs';
import { isContention, LockInvalidError } from './errors.cjs';
import type { Lock } from './lock.cjs';
import type { AcquireOptions } from './options.cjs';
import { sharedClient } from './repo_lock.cjs';

/** What is used of a BullMQ job. */
export interface JobLike {
  id?: string | undefined;
  queueName: string;
  attemptsMade: number;
  moveToDelayed(timestamp: number, token?: string): Promise<void>;
}

export interface LockedOptions<Job> extends Omit<AcquireOptions, 'signal' | 'holder'> {
  /** Default: the client of `withRepoLock`. */
  client?: Client | undefined;
  /** The repository of a job, or several. */
  repoOf: (job: Job) => string | readonly string[];
  /**
   * If the repository is busy:
   * - `defer` (default): after 2 s give the job back for `deferMs`. No attempt is used, and the worker
   *   takes another job meanwhile.
   * - `wait`: wait, five minutes unless `timeoutMs` says otherwise; then the attempt has failed.
   * - `fail`: the attempt has failed at once.
   */
  onBusy?: 'defer' | 'wait' | 'fail' | undefined;
  /** Default: 5,000, and up to as much again, so that jobs do not come back together. */
  deferMs?: number | undefined;
}

const WAIT_MS = { defer: 2000, wait: 300_000, fail: 0 };
const DEFER_MS = 5000;

/**
 * A processor for `new Worker(name, processor)` that runs `body` with the lock of the job's repository.
 * `signal` is aborted when the lock is lost or the job is cancelled.
 */
export function locked<Job extends JobLike, T>(
  options: LockedOptions<Job>,
  body: (job: Job, lock: Lock, signal: AbortSignal, token: string | undefined) => T | PromiseLike<T>,
): (job: Job, token?: string, canceled?: AbortSignal) => Promise<T> {
  const { client, repoOf, onBusy = 'defer', deferMs = DEFER_MS, ...acquisition } = options;
  return async (job, token, canceled) => {
    let lock: Lock | undefined;
    try {
      return await (client ?? sharedClient()).withLock(
        repoOf(job),
        {
          timeoutMs: WAIT_MS[onBusy],
          ...acquisition,
          signal: canceled,
          holder: `${job.queueName}:${job.id ?? ''} attempt ${job.attemptsMade + 1}`,
        },
        (taken) => {
          lock = taken;
          return either(taken.signal, canceled, (signal) => body(job, taken, signal, token));
        },
      );
    } catch (error) {
      if (lock !== undefined) throw error;
      if (error instanceof LockInvalidError) throw named('UnrecoverableError', error);
      if (onBusy !== 'defer' || !isContention(error)) throw error;
      await job.moveToDelayed(Date.now() + deferMs * (1 + Math.random()), token);
      throw named('DelayedError', error);
    }
  };
}

// AbortSignal.any, which Node 18 lacks.
async function either<T>(
  lost: AbortSignal,
  canceled: AbortSignal | undefined,
  body: (signal: AbortSignal) => T | PromiseLike<T>,
): Promise<T> {
  if (canceled === undefined) return body(lost);
  const controller = new AbortController();
  const forward = (event: Event): void => controller.abort((event.target as AbortSignal).reason);
  for (const signal of [lost, canceled]) {
    if (signal.aborted) controller.abort(signal.reason);
    else signal.addEventListener('abort', forward, { once: true });
  }
  try {
    return await body(controller.signal);
  } finally {
    for (const signal of [lost, canceled]) signal.removeEventListener('abort', forward);
  }
}

function named(name: string, cause: unknown): Error {
  const error = new Error((cause as Error).message, { cause });
  error.name = name;
  return error;
}
