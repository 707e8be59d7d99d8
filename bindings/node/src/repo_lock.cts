// One client for a whole program, opened when it is first needed.
import { open, type Body, type Client } from './client.cjs';
import type { OpenOptions } from './options.cjs';

const WAIT_MS = 300_000;
const MAX_HOLD_MS = 3_600_000;

let options: OpenOptions = { timeoutMs: WAIT_MS, maxHoldMs: MAX_HOLD_MS };
let client: Client | undefined;

/** @internal */
export function sharedClient(): Client {
  return (client ??= open(options));
}

/**
 * Sets options of the client that the next first `withRepoLock` opens; others stay as they are. Throws
 * if it is open already.
 */
export function configureRepoLock(changes: OpenOptions): void {
  if (client !== undefined)
    throw new Error('configureRepoLock comes before the first withRepoLock, or after shutdownRepoLock');
  options = { ...options, ...changes };
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
