// Git repositories made on the spot, with a history and something to clone.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

export const GIT_ENVIRONMENT = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
};

const COMMITS = 30;
const FILES = 40;

export class Upstreams {
  readonly #commits = new Map<string, number>();

  constructor(readonly directory: string) {}

  make(repos: readonly string[]): void {
    for (const repo of repos) {
      mkdirSync(this.#path(repo), { recursive: true });
      this.#git(repo, ['init', '--quiet', '--bare', '--initial-branch=main']);
      this.push(repo, COMMITS);
    }
  }

  /** So many commits more, as of somebody who pushes. */
  push(repo: string, commits = 1): void {
    const before = this.#commits.get(repo) ?? 0;
    const changes = Array.from({ length: commits }, (_, number) => change(before + number + 1));
    const parent = before > 0 ? ['reset refs/heads/main', 'from refs/heads/main^0', ''] : [];
    this.#git(repo, ['fast-import', '--quiet'], [...parent, ...changes, ''].join('\n'));
    this.#commits.set(repo, before + commits);
  }

  #path(repo: string): string {
    return join(this.directory, `${repo}.git`);
  }

  #git(repo: string, words: string[], input = ''): void {
    const env = { ...process.env, ...GIT_ENVIRONMENT };
    execFileSync('git', ['-C', this.#path(repo), ...words], { input, env });
  }
}

// A commit in the language of git fast-import; a fifth of the files has new content.
function change(number: number): string {
  const lines = ['commit refs/heads/main', `committer A <a@example.org> ${1_700_000_000 + number} +0000`];
  lines.push('data <<END', `change ${number}`, 'END');
  for (let file = number % 5; file < FILES; file += 5)
    lines.push(`M 100644 inline file-${file}`, 'data <<END', randomBytes(6000).toString('hex'), 'END');
  return lines.join('\n');
}
