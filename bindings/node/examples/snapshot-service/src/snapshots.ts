// The job: only git is inside the lock; the scan, the saving and the telling are not.
import type { Records } from './records.js';
import type { Repositories } from './repositories.js';

export class Snapshots {
  constructor(
    private readonly repositories: Repositories,
    private readonly records: Records,
  ) {}

  async take(repo: string, jobId: string): Promise<void> {
    const { commit, fence } = await this.repositories.cloneOrPull(repo, jobId);
    const sizes = [...(await this.repositories.workingCopy(repo).filesOf(commit)).values()];
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    await this.records.save({ repo, commit, fence, files: sizes.length, bytes });
    await this.records.notify({ job: jobId, repo, what: 'snapshot', fence });
  }
}
