// What a lock is, in each backend: one holder at a time, in order, with a fence that grows.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LockHeldError, LockInvalidError, LockTimeoutError } from 'repolock';
import { backends, clientOf, waiting } from './support.mjs';

for (const [name, url] of await backends()) {
  describe(name, () => {
    test('a lock is held until its release, and the next fence is greater', async (t) => {
      const client = clientOf(t, url);
      const first = await client.acquire('demo/fence');
      assert.equal(first.held, true);
      assert.ok(first.remainingMs > 0);
      first.assertHeld();
      await first.release();
      assert.equal(first.held, false);
      assert.throws(() => first.assertHeld(), LockInvalidError);
      const second = await client.acquire('https://github.com/Demo/Fence.git');
      assert.ok(second.fence > first.fence);
      assert.equal(second.previous, 'released');
      await second.release();
    });

    test('releasing twice is releasing once', async (t) => {
      const lock = await clientOf(t, url).acquire('demo/twice');
      assert.equal(lock.release(), lock.release());
      await lock.release();
    });

    test('who does not wait is told who has it', async (t) => {
      const client = clientOf(t, url);
      const lock = await client.acquire('demo/held', { holder: 'job 17' });
      const error = await client.acquire('demo/held', { timeoutMs: 0 }).catch((e) => e);
      assert.ok(error instanceof LockHeldError && error instanceof LockTimeoutError);
      assert.equal(error.name, 'LockHeldError');
      assert.equal(error.code, 'E_HELD');
      assert.equal(error.holder.text, 'job 17');
      assert.equal(error.holder.pid, process.pid);
      assert.ok(error.retryAfterMs > 0);
      assert.match(error.message, /demo\/held is held by job 17/);
      await lock.release();
    });

    test('a wait that is over is a plain Error with the holder and the place', async (t) => {
      const client = clientOf(t, url);
      const lock = await client.acquire('demo/timeout', { holder: 'job 18' });
      const error = await client.acquire('demo/timeout', { timeoutMs: 20 }).catch((e) => e);
      assert.ok(error instanceof LockTimeoutError && !(error instanceof LockHeldError));
      assert.equal(error.code, 'E_TIMEOUT');
      assert.equal(error.holder.text, 'job 18');
      assert.equal(error.place, 1);
      await lock.release();
    });

    test('waiters are served in order', async (t) => {
      const client = clientOf(t, url);
      const other = clientOf(t, url);
      const lock = await client.acquire('demo/order');
      const served = [];
      const done = [];
      for (let i = 0; i < 6; ++i) {
        const { begun, acquired } = waiting(i % 2 ? client : other, 'demo/order');
        await begun;
        done.push(acquired.then((next) => (served.push(i), next.release())));
      }
      await lock.release();
      await Promise.all(done);
      assert.deepEqual(served, [0, 1, 2, 3, 4, 5]);
    });

    test('200 at once never meet', async (t) => {
      const clients = [clientOf(t, url), clientOf(t, url)];
      let inside = 0;
      const fences = [];
      await Promise.all(
        Array.from({ length: 200 }, (_, i) =>
          clients[i % 2].withLock('demo/crowd', async (lock) => {
            assert.equal(++inside, 1);
            fences.push(lock.fence);
            await null;
            --inside;
          }),
        ),
      );
      assert.deepEqual(fences, [...fences].sort((a, b) => a - b));
      assert.equal(new Set(fences).size, 200);
    });

    test('shared locks hold together, and keep an exclusive one out', async (t) => {
      const client = clientOf(t, url);
      const readers = await Promise.all([1, 2].map(() => client.acquire('demo/shared', { shared: true })));
      await assert.rejects(client.acquire('demo/shared', { timeoutMs: 0 }), LockHeldError);
      await Promise.all(readers.map((lock) => lock.release()));
      await (await client.acquire('demo/shared', { timeoutMs: 0 })).release();
    });

    test('several names are one lock, with a fence for each', async (t) => {
      const client = clientOf(t, url);
      const lock = await client.acquire(['demo/b', 'demo/a']);
      assert.equal(lock.fences.length, 2);
      assert.equal(lock.fence, lock.fences[0]);
      await assert.rejects(client.acquire('demo/a', { timeoutMs: 0 }), LockHeldError);
      await lock.release();
      await client.withLock('demo/a', { timeoutMs: 0 }, () => undefined);
    });

    test('inspect tells of holders and waiters, and breakLock ends a holder', async (t) => {
      const client = clientOf(t, url);
      const lock = await client.acquire('demo/broken', { holder: 'holder' });
      const { begun, acquired } = waiting(client, 'demo/broken', { holder: 'waiter' });
      await begun;
      const { holders, waiters } = await client.inspect('demo/broken');
      assert.deepEqual(holders.map(({ text, leaseId, fence }) => [text, leaseId, fence]), [['holder', lock.id, lock.fence]]);
      assert.deepEqual(waiters.map(({ text, place }) => [text, place]), [['waiter', 1]]);
      await client.breakLock('demo/broken', lock.id);
      const next = await acquired;
      assert.equal(next.previous, 'broken');
      await assert.rejects(lock.release(), { code: 'E_LOST' });
      await next.release();
    });

    test('extend renews for as long as it says', async (t) => {
      const lock = await clientOf(t, url).acquire('demo/extend', { ttlMs: 20_000 });
      await lock.extend(30_000);
      assert.ok(lock.remainingMs > 20_000);
      await lock.release();
      await assert.rejects(lock.extend(30_000), LockInvalidError);
    });
  });
}
