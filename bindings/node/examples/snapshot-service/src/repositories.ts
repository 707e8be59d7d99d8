// Whatever touches a clone is in here, inside the lock of its repository and nowhere else.
import { type Lock, withRepoLock } from 'repolock';

import type { Breaker } from './breaker.js';
import type { Settings } from './settings.js';
import { WorkingCopy } from './working_copy.js';

export interface Checkout {
  commit: string;
  /** Of the lock under which it was checked out: a later one has a larger fence. */
  fence: number;
}

/** Runs the work; a test looks from here whether two of them overlap. */
export type Witness = <T>(repo: string, what: string, work: () => Promise<T>) => Promise<T>;

export class Repositories {
  constructor(
    private readonly settings: Settings,
    private readonly breaker: Breaker,
    private readonly witness: Witness = (_repo, _what, work) => work(),
  ) {}

  /** What is behind the breaker may wait for the lock: a busy repository is no failure. */
  cloneOrPull(repo: string, jobId: string): Promise<Checkout> {
    return this.breaker.run(() =>
      withRepoLock(repo, jobId, (lock) =>
        this.witness(repo, 'checkout', async () => {
          const copy = this.workingCopy(repo);
          if (leftInTheMiddle(lock)) await copy.delete();
          return { commit: await copy.cloneOrPull(lock.signal), fence: lock.fence };
        }),
      ),
    );
  }

  deleteLocalRepository(repo: string, jobId: string): Promise<number> {
    return withRepoLock(repo, jobId, (lock) =>
      this.witness(repo, 'delete', async () => {
        await this.workingCopy(repo).delete();
        return lock.fence;
      }),
    );
  }

  workingCopy(repo: string): WorkingCopy {
    return new WorkingCopy(this.settings.clones, `${this.settings.upstreams}/${repo}.git`, repo);
  }
}

// The holder before left no word: its git may have left an index.lock, or worse.
function leftInTheMiddle(lock: Lock): boolean {
  return lock.previous === 'crashed' || lock.previous === 'expired' || lock.previous === 'broken';
}
