// A process ends by itself when nothing is held or waited for, and may end at any time otherwise.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { backends, clientOf, program } from './support.mjs';

for (const [name, url] of (await backends()).slice(1)) {
  describe(name, () => {
    test('it ends without a shutdown when the lock was released', async () => {
      const { code, stderr } = await program('hold', url, 'process/done', 'release').ended;
      assert.deepEqual([code, stderr], [0, '']);
    });

    test('it stays while it holds a lock', async (t) => {
      const { child, said, ended } = program('hold', url, 'process/stay', 'stay');
      await said('held');
      const client = clientOf(t, url);
      await assert.rejects(client.acquire('process/stay', { timeoutMs: 1500 }), { code: 'E_TIMEOUT' });
      child.kill('SIGKILL');
      assert.equal((await ended).signal, 'SIGKILL');
      const lock = await client.acquire('process/stay');
      assert.match(lock.previous, /crashed|expired/);
      await lock.release();
    });

    test('it stays while it waits for one, and ends when it had it', async (t) => {
      const lock = await clientOf(t, url).acquire('process/wait');
      const { said, ended } = program('hold', url, 'process/wait', 'release');
      await said('waiting');
      await lock.release();
      assert.equal((await ended).code, 0);
    });

    test('it ends once a lock is lost that nobody releases', async (t) => {
      const { said, ended } = program('hold', url, 'process/lost', 'stay');
      await said('held');
      const client = clientOf(t, url);
      const [{ leaseId }] = (await client.inspect('process/lost')).holders;
      await client.breakLock('process/lost', leaseId);
      assert.equal((await ended).code, 0);
    });

    test('a signal ends it at once while it waits', async (t) => {
      const lock = await clientOf(t, url).acquire('process/signal');
      const { child, said, ended } = program('hold', url, 'process/signal', 'release');
      await said('waiting');
      child.kill('SIGINT');
      assert.equal((await ended).signal, 'SIGINT');
      await lock.release();
    });

    test('a worker of cluster starts afresh, and its end leaves the lock of its parent alone', async () => {
      const { code, stdout, stderr } = await program('cluster', url, 'process/cluster').ended;
      assert.deepEqual([stdout, stderr, code], ['E_HELD true true\n', '', 0]);
    });

    test('process.exit with locks held is quiet', async (t) => {
      const ends = await Promise.all(
        Array.from({ length: 8 }, (_, i) => program('hold', url, `process/exit${i}`, 'exit').ended),
      );
      for (const { code, stderr } of ends) assert.deepEqual([code, stderr], [3, '']);
      await (await clientOf(t, url).acquire('process/exit0')).release();
    });

    test('an uncaught error with locks held ends it as usual', async () => {
      const { code, stderr } = await program('hold', url, 'process/crash', 'crash').ended;
      assert.equal(code, 1);
      assert.match(stderr, /on purpose/);
    });

    test('a lock that was garbage-collected warns, aborts its signal and ends by its ttl', async () => {
      const { code, stdout } = await program('drop', url, 'process/dropped').ended;
      assert.match(stdout, /^REPOLOCK_NOT_RELEASED LockLostError collected\nagain after \w+\n$/);
      assert.equal(code, 0);
    });
  });
}
