// What a run has come to, from the witness, the records and git itself.
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { Notice, Records } from '../src/records.js';
import { linesOf, type Visit } from './witness.js';

export interface Run {
  home: string;
  names: readonly string[];
  jobs: number;
  witness: string;
  records: Records;
  ends: (number | null)[];
  died: string[];
  seconds: number;
}

export interface Findings {
  overlaps: number;
  lost: string[];
  damaged: string[];
  fencesOutOfOrder: number;
  disorderlyEnds: string[];
  visits: Visit[];
  seconds: number;
}

export async function find(run: Run): Promise<Findings> {
  const notices = await run.records.notices();
  const done = new Set(notices.map((notice) => notice.job));
  const all = Array.from({ length: run.jobs }, (_, number) => `job-${number}`);
  const visits = linesOf<Visit>(run.witness, 'visits');
  return {
    overlaps: linesOf<object>(run.witness, 'overlaps').length + overlapsByClock(visits),
    lost: all.filter((job) => !done.has(job)),
    damaged: await damagedClones(join(run.home, 'clones'), run.names),
    fencesOutOfOrder: repeated(notices),
    disorderlyEnds: [...run.died, ...run.ends.filter((code) => code !== 0).map((code) => `ended with ${code}`)],
    visits,
    seconds: run.seconds,
  };
}

function overlapsByClock(visits: readonly Visit[]): number {
  const inOrder = [...visits].sort((a, b) => a.began - b.began);
  const last = new Map<string, number>();
  let overlaps = 0;
  for (const { repo, began, ended } of inOrder) {
    const before = last.get(repo) ?? 0;
    if (began < before) overlaps += 1;
    last.set(repo, Math.max(before, ended));
  }
  return overlaps;
}

// Each lock has a fence of its own, so no two notices of a repository have the same.
function repeated(notices: readonly Notice[]): number {
  return notices.length - new Set(notices.map(({ repo, fence }) => `${repo} ${fence}`)).size;
}

async function damagedClones(clones: string, names: readonly string[]): Promise<string[]> {
  const there = await readdir(join(clones, 'demo')).catch(() => [] as string[]);
  const checks = names.map(async (repo) => {
    if (!there.includes(repo.replace('demo/', ''))) return [];
    const path = join(clones, repo);
    const fsck = promisify(execFile)('git', ['-C', path, 'fsck', '--full', '--no-dangling']);
    const status = promisify(execFile)('git', ['-C', path, 'status', '--porcelain']);
    return Promise.all([fsck, status]).then(
      ([, { stdout }]) => (stdout === '' ? [] : [`${repo}: ${stdout}`]),
      (error: Error) => [`${repo}: ${error.message}`],
    );
  });
  return (await Promise.all(checks)).flat();
}
