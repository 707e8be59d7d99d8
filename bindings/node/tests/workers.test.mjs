// Each worker thread has clients of its own, and may be terminated in the middle of anything.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { backends, clientOf } from './support.mjs';

const program = new URL('programs/worker.mjs', import.meta.url);

async function begun(workerData) {
  const worker = new Worker(program, { workerData });
  await once(worker, 'message');
  return worker;
}

for (const [name, url] of await backends()) {
  describe(name, () => {
    // Loading a worker takes longer than all that happens in it, so only one backend has the 50.
    const many = name === 'redis:' ? 50 : 10;
    test(`${many} are terminated with locks held, which end by their ttl`, async (t) => {
      const repos = Array.from({ length: many }, (_, i) => `workers/held${i}`);
      while (repos.length > 0) {
        const some = repos.splice(0, 10);
        const workers = await Promise.all(some.map((repo) => begun({ url, repo, mode: 'hold' })));
        await Promise.all(workers.map((worker) => worker.terminate()));
      }
      const lock = await clientOf(t, url).acquire('workers/held0');
      assert.ok(lock.fence > 0);
      await lock.release();
    });

    test('those terminated while they wait leave the queue', async (t) => {
      const client = clientOf(t, url);
      const repo = 'workers/waited';
      const lock = await client.acquire(repo);
      const workers = await Promise.all(Array.from({ length: 10 }, () => begun({ url, repo, mode: 'wait' })));
      assert.equal((await client.inspect(repo)).waiters.length, 10);
      await Promise.all(workers.map((worker) => worker.terminate()));
      assert.equal((await client.inspect(repo)).waiters.length, 0);
      await lock.release();
      await client.withLock(repo, () => undefined);
    });

    test('those terminated at full speed harm nobody', async (t) => {
      const repo = 'workers/busy';
      const workers = await Promise.all(Array.from({ length: 5 }, () => begun({ url, repo, mode: 'busy' })));
      await Promise.all(workers.map((worker) => worker.terminate()));
      await clientOf(t, url).withLock(repo, () => undefined);
    });
  });
}
