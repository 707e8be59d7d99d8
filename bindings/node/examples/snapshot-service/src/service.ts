// The parts of one worker process, put together.
import { Worker, type Job } from 'bullmq';
import { isContention, shutdownRepoLock } from 'repolock';

import { Breaker } from './breaker.js';
import { Management } from './management.js';
import { Records } from './records.js';
import { Repositories, type Witness } from './repositories.js';
import type { Settings } from './settings.js';
import { Snapshots } from './snapshots.js';

export const QUEUE = 'snapshots';

export interface SnapshotJob {
  repo: string;
  what: 'snapshot' | 'unwatch';
}

/** What a worker does with a job; also without a queue, as tests do it. */
export class Service {
  readonly breaker = new Breaker();
  readonly repositories: Repositories;
  readonly snapshots: Snapshots;
  readonly management: Management;

  constructor(settings: Settings, witness?: Witness) {
    const records = new Records(settings.records);
    this.repositories = new Repositories(settings, this.breaker, witness);
    this.snapshots = new Snapshots(this.repositories, records);
    this.management = new Management(this.repositories, records, settings.clones);
  }

  async work(jobId: string, { repo, what }: SnapshotJob): Promise<void> {
    if (what === 'unwatch') await this.management.unwatch(repo, jobId);
    else await this.snapshots.take(repo, jobId);
  }
}

/** Takes jobs until it is ended. */
export class QueueWorker {
  readonly #worker: Worker<SnapshotJob, void>;

  constructor(
    private readonly service: Service,
    settings: Settings,
  ) {
    this.#worker = new Worker<SnapshotJob, void>(
      QUEUE,
      (job: Job<SnapshotJob, void>) => service.work(job.id ?? '', job.data),
      {
        connection: settings.redis,
        concurrency: 4,
        // How soon the jobs of a dead worker are somebody else's.
        lockDuration: 5000,
        stalledInterval: 1000,
        maxStalledCount: 1000,
      },
    );
    this.#worker.on('failed', (job, error) => {
      if (!isContention(error)) console.error(`job ${job?.id ?? '?'}: ${error.message}`);
    });
    this.#worker.on('error', (error) => console.error(`queue: ${error.message}`));
  }

  /** The jobs at hand are finished first; then nobody needs the locks any more. */
  async end(): Promise<void> {
    await this.#worker.close();
    await shutdownRepoLock();
    this.service.breaker.end();
  }
}
