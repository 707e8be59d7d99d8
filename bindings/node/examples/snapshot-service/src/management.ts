// Which repositories are watched, and what becomes of the clones of the others.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { Records } from './records.js';
import type { Repositories } from './repositories.js';

export class Management {
  constructor(
    private readonly repositories: Repositories,
    private readonly records: Records,
    private readonly clones: string,
  ) {}

  /** Nobody wants it any more. A snapshot that is under way ends first, and one that waits goes on after. */
  async unwatch(repo: string, jobId: string): Promise<void> {
    const fence = await this.repositories.deleteLocalRepository(repo, jobId);
    await this.records.notify({ job: jobId, repo, what: 'deleted', fence });
  }

  /** Deletes the clones that nobody watches; gives their names. */
  async cleanUpOrphans(watched: ReadonlySet<string>, jobId: string): Promise<string[]> {
    const orphans = (await this.#cloned()).filter((repo) => !watched.has(repo));
    for (const repo of orphans) await this.unwatch(repo, jobId);
    return orphans;
  }

  async #cloned(): Promise<string[]> {
    const owners = await readdir(this.clones).catch(() => []);
    const names = await Promise.all(
      owners.map(async (owner) =>
        (await readdir(join(this.clones, owner))).map((name) => `${owner}/${name}`),
      ),
    );
    return [...new Set(names.flat().map((repo) => repo.replace(/\.half$/, '')))];
  }
}
