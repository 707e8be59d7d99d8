// A lock that ends other than by its release aborts its signal, and only then.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { LockLostError } from 'repolock';
import { backends, clientOf, redisServer } from './support.mjs';

for (const [name, url] of await backends()) {
  describe(name, () => {
    test('a broken lock aborts its signal with a LockLostError', async (t) => {
      const client = clientOf(t, url);
      const lock = await client.acquire('lost/broken');
      const aborted = once(lock.signal, 'abort');
      await client.breakLock('lost/broken', lock.id);
      await aborted;
      assert.ok(lock.signal.reason instanceof LockLostError);
      assert.equal(lock.signal.reason.reason, 'broken');
      assert.throws(() => lock.assertHeld(), LockLostError);
      await assert.rejects(lock.release(), (error) => error === lock.signal.reason);
    });

    test('maxHoldMs is the end of a lock', async (t) => {
      const lock = await clientOf(t, url).acquire('lost/max-hold', { ttlMs: 1000, maxHoldMs: 300 });
      if (!lock.signal.aborted) await once(lock.signal, 'abort');
      assert.equal(lock.signal.reason.reason, 'max_hold');
      await lock.release().catch(() => {});
    });

    test('what a shutdown leaves is lost', async (t) => {
      const client = clientOf(t, url);
      const lock = await client.acquire('lost/shutdown', { ttlMs: 1000 });
      await client.shutdown({ timeoutMs: 0 });
      assert.equal(lock.signal.aborted, true);
      assert.equal(lock.signal.reason.reason, 'shutdown');
    });

    test('a release leaves the signal alone', async (t) => {
      const lock = await clientOf(t, url).acquire('lost/not');
      await lock.release();
      assert.equal(lock.signal.aborted, false);
    });

    test('withLock returns what its body returns, and rethrows what it throws', async (t) => {
      const client = clientOf(t, url);
      assert.equal(await client.withLock('lost/with', (lock) => lock.fence > 0), true);
      const bad = new Error('git failed');
      await assert.rejects(
        client.withLock('lost/with', () => {
          throw bad;
        }),
        (error) => error === bad,
      );
      assert.deepEqual((await client.inspect('lost/with')).holders, []);
    });

    test('withLock says that the lock was lost, and what its body threw then', async (t) => {
      const client = clientOf(t, url);
      const stopped = new Error('git was stopped');
      const body = async (lock) => {
        const aborted = once(lock.signal, 'abort');
        await client.breakLock('lost/body', lock.id);
        await aborted;
        throw stopped;
      };
      await assert.rejects(client.withLock('lost/body', body), (error) => {
        return error instanceof LockLostError && error.reason === 'broken' && error.cause === stopped;
      });
    });

    test('await using releases', async (t) => {
      const client = clientOf(t, url);
      const lock = await client.acquire('lost/using');
      await lock[Symbol.asyncDispose]();
      assert.deepEqual((await client.inspect('lost/using')).holders, []);
    });
  });
}

test('a server that dies takes the lock before its ttl is over', async (t) => {
  const { url, server } = await redisServer();
  const client = clientOf(t, url, { config: { node_timeout_ms: 200 } });
  const lock = await client.acquire('lost/server', { ttlMs: 1000 });
  server.kill('SIGKILL');
  if (!lock.signal.aborted) await once(lock.signal, 'abort');
  assert.equal(lock.signal.reason.reason, 'expired');
  const error = await client.acquire('lost/server', { timeoutMs: 100 }).catch((e) => e);
  assert.equal(error.name, 'LockUnavailableError');
  assert.ok(error.nodes.length > 0 && error.nodes[0].address.includes('socket'));
  assert.ok(error.retryAfterMs > 0);
});
