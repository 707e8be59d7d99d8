// One client for a whole program, opened when it is first needed.
import { open, type Body, type Client } from './client.cjs';

const WAIT_MS = 300_000;
const MAX_HOLD_MS = 3_600_000;

let client: Client | undefined;

/** @internal */
export function sharedClient(): Client {
  return (client ??= open({ timeoutMs: WAIT_MS, maxHoldMs: MAX_HOLD_MS }));
}

/**
 * Runs `fn` while nobody else has the repository. The locks are where the environment variable
 * REPOLOCK_URL says, else in files of this host. It waits five minutes, then rejects with
 * `LockTimeoutError`; a lock is renewed for an hour at most. Waiters see `jobId` as the holder.
 */
export function withRepoLock<T>(
  repoPath: string,
  jobId: string | number | undefined,
  fn: Body<T>,
): Promise<T> {
  return sharedClient().withLock(repoPath, { holder: jobId?.toString() }, fn);
}

/**
 * Ends what `withRepoLock` opened: waiters end, holders have `timeoutMs` (10 s) to finish. The next
 * `withRepoLock` opens a client anew.
 */
export async function shutdownRepoLock(options?: { timeoutMs?: number | undefined }): Promise<void> {
  const ending = client;
  client = undefined;
  await ending?.shutdown(options);
}
