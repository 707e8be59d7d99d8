// withRepoLock and shutdownRepoLock: one client, opened when it is needed, where REPOLOCK_URL says.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { LockShutdownError, shutdownRepoLock, withRepoLock } from 'repolock';
import { clientOf, scratch, waiting } from './support.mjs';

const url = `file://${scratch()}`;
process.env.REPOLOCK_URL = url;
afterEach(() => shutdownRepoLock());

test('one job at a time has the repository, and others see which', async (t) => {
  const client = clientOf(t, url);
  const result = await withRepoLock('owner/name', 17, async (lock) => {
    const [holder] = (await client.inspect('owner/name')).holders;
    assert.deepEqual([holder.text, holder.fence], ['17', lock.fence]);
    return 'cloned';
  });
  assert.equal(result, 'cloned');
  assert.deepEqual((await client.inspect('owner/name')).holders, []);
});

test('what the job throws comes through, and the lock is free', async (t) => {
  const failed = new Error('git failed');
  await assert.rejects(withRepoLock('owner/name', 'a', () => Promise.reject(failed)), (e) => e === failed);
  await (await clientOf(t, url).acquire('owner/name', { timeoutMs: 0 })).release();
});

test('a shutdown ends those who wait, and the next call opens anew', async (t) => {
  const client = clientOf(t, url);
  const lock = await client.acquire('owner/name');
  const job = withRepoLock('owner/name', 'waiter', () => undefined);
  const other = waiting(client, 'owner/name');
  await other.begun;
  await Promise.all([assert.rejects(job, LockShutdownError), shutdownRepoLock()]);
  await lock.release();
  await (await other.acquired).release();
  assert.equal(await withRepoLock('owner/name', undefined, () => 'again'), 'again');
});

test('a shutdown waits for the job that runs', async () => {
  let finish;
  const may = new Promise((resolve) => (finish = resolve));
  const job = await new Promise((begun) => {
    const running = withRepoLock('owner/name', 'slow', () => (begun({ running }), may));
  }).catch(() => {});
  const ended = shutdownRepoLock();
  finish('done');
  assert.equal(await job.running, 'done');
  await ended;
});
