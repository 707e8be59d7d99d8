// Sees whether two ever work on one repository at once, without trusting the lock: a file that only
// one can make, and a journal of who was inside when.
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Witness } from '../src/repositories.js';

export interface Visit {
  pid: number;
  repo: string;
  what: string;
  /** Milliseconds since the machine was started. */
  began: number;
  ended: number;
}

export function witnessIn(directory: string): Witness {
  mkdirSync(directory, { recursive: true });
  const tell = (name: string, line: object): void =>
    appendFileSync(join(directory, name), `${JSON.stringify(line)}\n`);
  return async (repo, what, work) => {
    const busy = join(directory, `${repo.replace('/', '__')}.busy`);
    if (!enter(busy)) tell('overlaps', { repo, what, pid: process.pid, other: pidIn(busy) });
    const began = now();
    tell('inside', { repo, what, pid: process.pid, began });
    try {
      return await work();
    } finally {
      tell('visits', { repo, what, pid: process.pid, began, ended: now() } satisfies Visit);
      rmSync(busy, { force: true });
    }
  };
}

export function linesOf<T>(directory: string, name: string): T[] {
  if (!readdirSync(directory).includes(name)) return [];
  const lines = readFileSync(join(directory, name), 'utf8').split('\n');
  return lines.slice(0, -1).map((line) => JSON.parse(line) as T); // the last one may be half written
}

function enter(busy: string): boolean {
  for (;;) {
    try {
      writeFileSync(busy, String(process.pid), { flag: 'wx' });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (lives(pidIn(busy))) return false;
      rmSync(busy, { force: true }); // of one that was killed
    }
  }
}

function pidIn(busy: string): number {
  try {
    return Number(readFileSync(busy, 'utf8'));
  } catch {
    return 0; // it has just left
  }
}

function lives(pid: number): boolean {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function now(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}
