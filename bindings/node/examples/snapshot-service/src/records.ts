// What came out of the jobs, as files: a snapshot for each fence of a repository, so that an old one
// cannot replace a new one, and a line for everybody who was told.
import { appendFile, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Snapshot {
  repo: string;
  commit: string;
  fence: number;
  files: number;
  bytes: number;
}

export interface Notice {
  job: string;
  repo: string;
  what: 'snapshot' | 'deleted';
  fence: number;
}

export class Records {
  constructor(private readonly directory: string) {}

  async save(snapshot: Snapshot): Promise<void> {
    const directory = join(this.directory, 'snapshots', snapshot.repo);
    await mkdir(directory, { recursive: true });
    const path = join(directory, `${snapshot.fence}.json`);
    await writeFile(`${path}.new`, JSON.stringify(snapshot));
    await rename(`${path}.new`, path);
  }

  /** That of the largest fence. */
  async latest(repo: string): Promise<Snapshot | undefined> {
    const directory = join(this.directory, 'snapshots', repo);
    const names = await readdir(directory).catch(() => []);
    const fences = names.map((name) => Number(/^(\d+)\.json$/.exec(name)?.[1] ?? 0));
    const last = Math.max(0, ...fences);
    if (last === 0) return undefined;
    return JSON.parse(await readFile(join(directory, `${last}.json`), 'utf8')) as Snapshot;
  }

  async notify(notice: Notice): Promise<void> {
    await mkdir(this.directory, { recursive: true });
    await appendFile(join(this.directory, 'notices'), `${JSON.stringify(notice)}\n`);
  }

  async notices(): Promise<Notice[]> {
    const text = await readFile(join(this.directory, 'notices'), 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Notice);
  }
}
