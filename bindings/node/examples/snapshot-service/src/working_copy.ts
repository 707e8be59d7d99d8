// The clones on the disk. Whoever calls these has the repository's lock: see repositories.ts.
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { simpleGit, type SimpleGit } from 'simple-git';

const GIT = fileURLToPath(new URL('../../bin/git-of-a-worker', import.meta.url));

function git(directory: string, abort?: AbortSignal): SimpleGit {
  return simpleGit(directory, {
    binary: GIT,
    config: ['gc.auto=0'], // it would live on in the background, without the lock
    ...(abort && { abort }),
  });
}

export class WorkingCopy {
  readonly path: string;

  constructor(
    clones: string,
    private readonly upstream: string,
    readonly repo: string,
  ) {
    this.path = join(clones, repo);
  }

  /** The commit that is checked out then. */
  async cloneOrPull(signal: AbortSignal): Promise<string> {
    if (await this.#exists()) await this.#pull(signal);
    else await this.#clone(signal);
    return (await git(this.path, signal).revparse(['HEAD'])).trim();
  }

  async delete(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }

  /** The size of each file of a commit. Objects of git never change, so this needs no lock. */
  async filesOf(commit: string): Promise<Map<string, number>> {
    if (!(await this.#exists())) throw new Error(`${this.repo} was deleted before it was scanned`);
    const listing = await git(this.path).raw(['ls-tree', '-r', '-l', '-z', commit]);
    const entries = listing.split('\0').filter((line) => line !== '');
    return new Map(
      entries.map((line) => {
        const [attributes = '', name = ''] = line.split('\t');
        return [name, Number(attributes.split(/ +/)[3])];
      }),
    );
  }

  async #exists(): Promise<boolean> {
    return access(join(this.path, '.git')).then(
      () => true,
      () => false,
    );
  }

  // Half a clone is never at its place.
  async #clone(signal: AbortSignal): Promise<void> {
    const half = `${this.path}.half`;
    await rm(half, { recursive: true, force: true });
    await mkdir(dirname(half), { recursive: true });
    await git(dirname(half), signal).clone(this.upstream, half);
    await rename(half, this.path);
  }

  async #pull(signal: AbortSignal): Promise<void> {
    const here = git(this.path, signal);
    await here.fetch(['--prune', 'origin']);
    await here.reset(['--hard', 'origin/HEAD']);
  }
}
