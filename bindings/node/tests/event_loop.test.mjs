// Leases are renewed by a thread of the library's own, so that a blocked event loop keeps them.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, test } from 'node:test';
import { backends, clientOf, program } from './support.mjs';

const TTL_MS = 1000;

// No timer, no promise and no callback runs meanwhile.
function block(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

for (const [name, url] of await backends()) {
  describe(name, () => {
    test('a loop that is blocked for three ttl keeps its lock', async (t) => {
      const lock = await clientOf(t, url).acquire('loop/blocked', { ttlMs: TTL_MS });
      const other = name === 'memory:' ? undefined : program('hold', url, 'loop/blocked', 'release');
      await other?.said('waiting');
      block(3 * TTL_MS);
      assert.equal(lock.held, true);
      await turn();
      assert.equal(lock.signal.aborted, false);
      await lock.release();
      if (other === undefined) return;
      const [, fence] = (await other.ended).stdout.match(/held (\d+)/);
      assert.ok(Number(fence) > lock.fence);
    });

    test('with heartbeatMs a blocked loop loses it', async (t) => {
      const client = clientOf(t, url, { heartbeatMs: 300 });
      const lock = await client.acquire('loop/stalled', { ttlMs: TTL_MS });
      while (lock.held) block(10);
      assert.throws(() => lock.assertHeld(), { name: 'LockLostError' });
      if (!lock.signal.aborted) await once(lock.signal, 'abort');
      assert.equal(lock.signal.reason.reason, 'stalled');
      await lock.release().catch(() => {});
    });
  });
}
