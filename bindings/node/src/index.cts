// repolock: one lock for each git repository, across threads, processes, languages and hosts.
import { typed } from './errors.cjs';
import { canonicalName } from './native.cjs';

export { open, Client, type Body } from './client.cjs';
export { Lock, type Previous } from './lock.cjs';
export { configureRepoLock, withRepoLock, shutdownRepoLock } from './repo_lock.cjs';
export {
  LockError,
  LockTimeoutError,
  LockHeldError,
  LockLostError,
  LockUnknownError,
  LockUnavailableError,
  LockShutdownError,
  LockInvalidError,
  LockDeniedError,
  LockMisconfiguredError,
  LockUnsupportedError,
  isContention,
  type LossReason,
} from './errors.cjs';
export type { AcquireOptions, OpenOptions, Waiting, LogLine, LogLevel } from './options.cjs';
export type { Holder, Waiter, NodeState, Snapshot } from './snapshot.cjs';
export { version } from './native.cjs';

/** The one spelling under which `repo` is locked; `config`: as of `open`, such as `repo.form`. */
export function canonical(repo: string, config: Record<string, string | number> = {}): string {
  return typed(() => canonicalName(repo, config));
}
