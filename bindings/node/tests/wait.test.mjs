// The wait can be ended by an AbortSignal, by a callback that throws, and by a shutdown.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LockShutdownError } from 'repolock';
import { backends, clientOf, waiting } from './support.mjs';

for (const [name, url] of await backends()) {
  describe(name, () => {
    test('an abort ends the wait with the reason of the signal', async (t) => {
      const client = clientOf(t, url);
      const lock = await client.acquire('wait/abort');
      const controller = new AbortController();
      const { begun, acquired } = waiting(client, 'wait/abort', { signal: controller.signal });
      await begun;
      const reason = new Error('the user went away');
      controller.abort(reason);
      await assert.rejects(acquired, (error) => error === reason);
      assert.deepEqual((await client.inspect('wait/abort')).waiters, []);
      await lock.release();
    });

    test('an abort after the grant changes nothing', async (t) => {
      const controller = new AbortController();
      const lock = await clientOf(t, url).acquire('wait/late', { signal: controller.signal });
      controller.abort();
      assert.equal(lock.held, true);
      assert.equal(lock.signal.aborted, false);
      await lock.release();
    });

    test('what is granted to an aborted call is let go', async (t) => {
      const client = clientOf(t, url);
      const controller = new AbortController();
      const acquired = client.acquire('wait/race', { signal: controller.signal });
      controller.abort();
      await assert.rejects(acquired, { name: 'AbortError' });
      await client.withLock('wait/race', () => undefined);
    });

    test('a callback that throws ends the wait with what it threw', async (t) => {
      const client = clientOf(t, url);
      const lock = await client.acquire('wait/throw');
      const acquired = client.acquire('wait/throw', {
        onWaiting: () => {
          throw new RangeError('no patience');
        },
      });
      await assert.rejects(acquired, new RangeError('no patience'));
      await lock.release();
    });

    test('onWaiting tells the place and the holder', async (t) => {
      const client = clientOf(t, url);
      const lock = await client.acquire('wait/place', { holder: 'the holder' });
      const first = waiting(client, 'wait/place');
      await first.begun;
      const second = waiting(client, 'wait/place');
      const { place, holders } = await second.begun;
      assert.equal(place, 2);
      assert.equal(holders[0].text, 'the holder');
      await lock.release();
      await (await first.acquired).release();
      await (await second.acquired).release();
    });

    test('a shutdown ends waiters, waits for holders, and says so ever after', async (t) => {
      const client = clientOf(t, url);
      const lock = await client.acquire('wait/shutdown');
      const { begun, acquired } = waiting(client, 'wait/shutdown');
      await begun;
      const ended = client.shutdown();
      await assert.rejects(acquired, LockShutdownError);
      await lock.release();
      await ended;
      await assert.rejects(client.acquire('wait/shutdown'), LockShutdownError);
      await assert.rejects(client.inspect('wait/shutdown'), LockShutdownError);
    });
  });
}

test('a signal that was aborted before begins nothing', async (t) => {
  const client = clientOf(t, 'memory:');
  await assert.rejects(client.acquire('wait/before', { signal: AbortSignal.abort() }), { name: 'AbortError' });
  assert.deepEqual((await client.inspect()).holders, []);
});
