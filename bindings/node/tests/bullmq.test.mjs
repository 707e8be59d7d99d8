// repolock/bullmq: a busy repository costs a job no attempt, and its loss stops the job.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { locked } from 'repolock/bullmq';
import { LockHeldError, LockLostError, LockTimeoutError } from 'repolock';
import { clientOf, waiting } from './support.mjs';

function jobOf(repo) {
  const moves = [];
  const moveToDelayed = async (timestamp, token) => void moves.push({ timestamp, token });
  return { id: '17', queueName: 'snapshots', attemptsMade: 1, data: { repo }, moves, moveToDelayed };
}
const repoOf = (job) => job.data.repo;

test('a job runs with the lock, and is named to others', async (t) => {
  const client = clientOf(t, 'memory:bullmq');
  const process = locked({ client, repoOf }, async (job, lock, signal, token) => {
    const [holder] = (await client.inspect('owner/name')).holders;
    assert.deepEqual([holder.text, holder.leaseId], ['snapshots:17 attempt 2', lock.id]);
    assert.equal(signal.aborted, false);
    return token;
  });
  assert.equal(await process(jobOf('owner/name'), 'token'), 'token');
});

test('defer gives a job back without an attempt', async (t) => {
  const client = clientOf(t, 'memory:bullmq');
  const lock = await client.acquire('owner/name');
  const job = jobOf('owner/name');
  const process = locked({ client, repoOf, timeoutMs: 20, deferMs: 1000 }, assert.fail);
  const now = Date.now();
  const error = await process(job, 'token').catch((e) => e);
  assert.equal(error.name, 'DelayedError');
  assert.ok(error.cause instanceof LockTimeoutError);
  assert.equal(job.moves.length, 1);
  assert.equal(job.moves[0].token, 'token');
  assert.ok(job.moves[0].timestamp >= now + 1000);
  await lock.release();
});

test('wait and fail cost an attempt, by a plain error', async (t) => {
  const client = clientOf(t, 'memory:bullmq');
  const lock = await client.acquire('owner/name');
  const job = jobOf('owner/name');
  const waits = locked({ client, repoOf, onBusy: 'wait', timeoutMs: 20 }, assert.fail);
  await assert.rejects(waits(job), { name: 'LockTimeoutError' });
  const fails = locked({ client, repoOf, onBusy: 'fail' }, assert.fail);
  await assert.rejects(fails(job), LockHeldError);
  assert.deepEqual(job.moves, []);
  await lock.release();
});

test('a name that cannot be is not tried again', async (t) => {
  const process = locked({ client: clientOf(t, 'memory:bullmq'), repoOf }, assert.fail);
  await assert.rejects(process(jobOf('no name')), { name: 'UnrecoverableError' });
});

test('a cancelled job waits no longer', async (t) => {
  const client = clientOf(t, 'memory:bullmq');
  const lock = await client.acquire('owner/name');
  const controller = new AbortController();
  const job = locked({ client, repoOf, onBusy: 'wait' }, assert.fail)(jobOf('owner/name'), 't', controller.signal);
  const behind = waiting(client, 'owner/name');
  await behind.begun;
  controller.abort(new Error('cancelled'));
  await assert.rejects(job, new Error('cancelled'));
  await lock.release();
  await (await behind.acquired).release();
});

for (const [what, end] of [
  ['the lock is lost', ({ client, lock }) => client.breakLock('owner/name', lock.id)],
  ['the job is cancelled', ({ controller }) => controller.abort(new Error('cancelled'))],
])
  test(`the signal is aborted when ${what}`, async (t) => {
    const client = clientOf(t, 'memory:bullmq');
    const controller = new AbortController();
    const process = locked({ client, repoOf }, async (job, lock, signal) => {
      const aborted = once(signal, 'abort');
      await end({ client, lock, controller });
      await aborted;
      throw signal.reason;
    });
    const error = await process(jobOf('owner/name'), 'token', controller.signal).catch((e) => e);
    if (what === 'the lock is lost') assert.ok(error instanceof LockLostError);
    else assert.equal(error.message, 'cancelled');
  });
