// What callers may write, and what the compiler tells them they may not.
import { expectAssignable, expectError, expectType } from 'tsd';
import {
  canonical,
  isContention,
  LockHeldError,
  LockLostError,
  LockTimeoutError,
  open,
  shutdownRepoLock,
  withRepoLock,
  type Holder,
  type Lock,
  type LossReason,
  type Snapshot,
} from 'repolock';
import { locked, type JobLike } from 'repolock/bullmq';

const client = open({ url: 'memory:', ttlMs: 30_000, config: { 'redis.prefix': 'x:' } });
const lock = await client.acquire('owner/name', { signal: new AbortController().signal, timeoutMs: Infinity });
expectType<Lock>(lock);
expectType<number>(lock.fence);
expectType<AbortSignal>(lock.signal);
expectType<Promise<void>>(lock.release());
expectAssignable<AsyncDisposable>(lock);
expectAssignable<AsyncDisposable>(client);
await client.acquire(['a/b', 'c/d'] as const, { onWaiting: ({ holders }) => expectType<Holder[]>(holders) });
expectType<number>(await client.withLock('a/b', async (held) => held.fence));
expectType<string>(await client.withLock('a/b', { shared: true }, () => 'done'));
expectType<Snapshot>(await client.inspect());
expectType<Promise<boolean>>(withRepoLock('a/b', 17, async () => true));
expectType<Promise<void>>(shutdownRepoLock());
expectType<string>(canonical('a/b'));
expectType<boolean>(isContention(new Error()));
expectAssignable<Error>(new LockTimeoutError('E_TIMEOUT', ''));
expectAssignable<LockTimeoutError>(new LockHeldError('E_HELD', ''));
expectType<LossReason>(new LockLostError('broken', '').reason);

interface SnapshotJob extends JobLike {
  data: { repo: string };
}
const processor = locked({ repoOf: (job: SnapshotJob) => job.data.repo }, async (job, held, signal) => {
  expectType<SnapshotJob>(job);
  expectType<Lock>(held);
  expectType<AbortSignal>(signal);
  return 1;
});
expectType<(job: SnapshotJob, token?: string, canceled?: AbortSignal) => Promise<number>>(processor);

expectError(client.acquire(17));
expectError(client.acquire('a/b', { timeout: 5 }));
expectError(open({ url: 5 }));
expectError((lock.fence = 5));
expectError(locked({ repoOf: () => 'a/b', onBusy: 'panic' }, () => 1));
