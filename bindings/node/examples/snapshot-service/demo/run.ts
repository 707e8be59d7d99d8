// The service at work, with what goes wrong on purpose, until every job is done.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { Queue } from 'bullmq';

import { Records } from '../src/records.js';
import { QUEUE, type SnapshotJob } from '../src/service.js';
import { type Findings, find } from './findings.js';
import { Fleet } from './fleet.js';
import { Mishaps } from './mishaps.js';
import { RedisServer } from './redis.js';
import { GIT_ENVIRONMENT, Upstreams } from './upstreams.js';

export interface Options {
  jobs: number;
  workers: number;
  repos: number;
  say: (line: string) => void;
}

const NAMES = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'eta', 'theta'];
const LIMIT_MS = 240_000;

export async function run({ jobs, workers, repos, say }: Options): Promise<Findings> {
  const home = await mkdtemp(join(tmpdir(), 'snapshot-service-'));
  const names = NAMES.slice(0, repos).map((name) => `demo/${name}`);
  const server = new RedisServer(join(home, 'redis'));
  const records = new Records(join(home, 'records'));
  const upstreams = new Upstreams(join(home, 'upstreams'));
  const witness = join(home, 'witness');
  let fleet: Fleet | undefined;
  let queue: Queue<SnapshotJob> | undefined;
  try {
    say(`making ${repos} repositories, in ${home}`);
    upstreams.make(names);
    await server.start();
    queue = new Queue<SnapshotJob>(QUEUE, { connection: { path: server.socket } });
    queue.on('error', () => undefined); // the server is killed on purpose
    await queue.addBulk(Array.from({ length: jobs }, (_, number) => jobNumber(number, names)));
    const began = Date.now();
    fleet = new Fleet(
      {
        ...GIT_ENVIRONMENT,
        REDIS: server.socket,
        REPOLOCK_URL: `redis+unix://${server.socket}`,
        CLONES: join(home, 'clones'),
        UPSTREAMS: upstreams.directory,
        RECORDS: join(home, 'records'),
        WITNESS: witness,
      },
      workers,
    );
    const mishaps = new Mishaps(fleet, server, witness, say);
    const isOver = async (): Promise<boolean> => {
      const done = new Set((await records.notices()).map((notice) => notice.job)).size;
      await mishaps.happen(done / jobs);
      upstreams.push(names[done % names.length]!);
      return done === jobs && mishaps.areOver;
    };
    while (!(await isOver()) && Date.now() < began + LIMIT_MS && fleet.died.length === 0) await pause(100);
    const seconds = (Date.now() - began) / 1000;
    const ends = await fleet.stop();
    return await find({ home, names, jobs, witness, records, ends, died: fleet.died, seconds });
  } finally {
    fleet?.destroy();
    await queue?.close();
    await server.kill();
    await rm(home, { recursive: true, force: true });
  }
}

// Two in ten are of somebody who watches a repository no longer.
function jobNumber(number: number, names: readonly string[]) {
  const what = number % 10 === 4 || number % 10 === 9 ? 'unwatch' : 'snapshot';
  const repo = names[(number * 7 + (number >> 3)) % names.length]!;
  return {
    name: what,
    data: { repo, what } as SnapshotJob,
    opts: { jobId: `job-${number}`, attempts: 1000, backoff: { type: 'fixed', delay: 200 } },
  };
}
