// npm start [-- --jobs 300 --workers 4 --repos 5]
import { parseArgs } from 'node:util';

import type { Findings } from './findings.js';
import { run } from './run.js';

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '200' },
    workers: { type: 'string', default: '4' },
    repos: { type: 'string', default: '5' },
  },
});

function count(name: keyof typeof values, most: number): number {
  const number = Number(values[name]);
  if (Number.isInteger(number) && number >= 1 && number <= most) return number;
  console.error(`--${name} is a number from 1 to ${most}, not ${values[name]}`);
  process.exit(64);
}

function table({ visits }: Findings): string {
  const lines = [`${''.padEnd(14)}checkouts  deletes   holds, ms: median      max`];
  for (const repo of [...new Set(visits.map((visit) => visit.repo))].sort()) {
    const mine = visits.filter((visit) => visit.repo === repo);
    const holds = mine.map((visit) => visit.ended - visit.began).sort((a, b) => a - b);
    const figures = [
      mine.filter((visit) => visit.what === 'checkout').length.toString().padStart(9),
      mine.filter((visit) => visit.what === 'delete').length.toString().padStart(9),
      holds[holds.length >> 1]!.toFixed(0).padStart(20),
      holds.at(-1)!.toFixed(0).padStart(9),
    ];
    lines.push(repo.padEnd(14) + figures.join(''));
  }
  return lines.join('\n');
}

const options = { jobs: count('jobs', 100_000), workers: count('workers', 64), repos: count('repos', 8) };
const findings = await run({ ...options, say: (line) => console.log(line) });
const { overlaps, lost, damaged, fencesOutOfOrder, disorderlyEnds, seconds } = findings;
console.log(`\n${table(findings)}\n`);
console.log(`jobs lost: ${lost.length}; clones damaged: ${damaged.length}; fences given twice: ${fencesOutOfOrder}`);
for (const line of [...damaged, ...disorderlyEnds]) console.log(`  ${line}`);
console.log(
  `${overlaps} overlaps in ${options.jobs} jobs by ${options.workers} workers on ` +
    `${options.repos} repositories in ${seconds.toFixed(1)} s`,
);
const isWell = [overlaps, lost.length, damaged.length, fencesOutOfOrder, disorderlyEnds.length].every((n) => n === 0);
process.exitCode = isWell ? 0 : 1;
