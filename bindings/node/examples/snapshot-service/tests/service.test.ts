// The service without Redis and without a queue: the locks are in memory.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { LockTimeoutError, configureRepoLock, open, shutdownRepoLock, withRepoLock } from 'repolock';

import { Upstreams } from '../demo/upstreams.js';
import { linesOf, witnessIn, type Visit } from '../demo/witness.js';
import { Records } from '../src/records.js';
import { Service } from '../src/service.js';

const REPO = 'demo/alpha';
let home = '';
let service: Service;
let records: Records;

before(async () => {
  home = await mkdtemp(join(tmpdir(), 'snapshot-service-test-'));
  const upstreams = new Upstreams(join(home, 'upstreams'));
  upstreams.make([REPO, 'demo/beta']);
  configureRepoLock({ url: 'memory:service', timeoutMs: 20_000 });
  const settings = {
    redis: {},
    clones: join(home, 'clones'),
    upstreams: upstreams.directory,
    records: join(home, 'records'),
  };
  service = new Service(settings, witnessIn(join(home, 'witness')));
  records = new Records(settings.records);
});

after(async () => {
  await shutdownRepoLock(); // without it the original never ended
  service.breaker.end();
  await rm(home, { recursive: true, force: true });
});

test('a snapshot knows the commit, its files and the fence', async () => {
  await service.work('first', { repo: REPO, what: 'snapshot' });
  const snapshot = await records.latest(REPO);
  assert.equal(snapshot?.files, 40);
  assert.match(snapshot.commit, /^[0-9a-f]{40}$/);
  assert.ok(snapshot.fence > 0);
});

test('jobs of one repository take turns, whatever they do', async () => {
  const jobs = Array.from({ length: 12 }, (_, number) =>
    service.work(`turn-${number}`, { repo: REPO, what: number % 4 === 3 ? 'unwatch' : 'snapshot' }).catch(() => undefined),
  );
  await Promise.all(jobs);
  assert.deepEqual(linesOf(join(home, 'witness'), 'overlaps'), []);
  assert.equal(linesOf<Visit>(join(home, 'witness'), 'visits').length, 13);
});

test('a busy repository fails the job by LockTimeoutError, and never opens the breaker', async () => {
  await shutdownRepoLock();
  configureRepoLock({ timeoutMs: 0 });
  const other = open({ url: 'memory:service' });
  await other.withLock(REPO, { holder: 'somebody else' }, async () => {
    for (let number = 0; number < 30; ++number)
      await assert.rejects(service.work(`busy-${number}`, { repo: REPO, what: 'snapshot' }), (error) => {
        assert.ok(error instanceof LockTimeoutError);
        assert.equal(error.holder?.text, 'somebody else');
        return true;
      });
  });
  await other.shutdown();
  assert.equal(service.breaker.timesOpened, 0);
  await service.work('after', { repo: REPO, what: 'snapshot' });
  await shutdownRepoLock();
  configureRepoLock({ timeoutMs: 20_000 });
});

test('clones that nobody watches are deleted, behind whoever is at work in them', async () => {
  await service.work('beta', { repo: 'demo/beta', what: 'snapshot' });
  const order: string[] = [];
  let begun = (): void => undefined;
  const isHeld = new Promise<void>((resolve) => (begun = resolve));
  const reader = withRepoLock('demo/beta', 'reader', async () => {
    begun();
    assert.ok((await readdir(join(home, 'clones', 'demo'))).includes('beta'));
    order.push('read');
  });
  await isHeld;
  const orphans = await service.management.cleanUpOrphans(new Set([REPO]), 'clean-up');
  order.push('deleted');
  await reader;
  assert.deepEqual(orphans, ['demo/beta']);
  assert.deepEqual(order, ['read', 'deleted']);
  assert.deepEqual(await readdir(join(home, 'clones', 'demo')), ['alpha']);
});
