// The whole service: a real Redis and real git, four processes, and all that goes wrong in the demo.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { run } from '../demo/run.js';

test('300 jobs by 4 workers: no overlap, and every job is done', async (context) => {
  const findings = await run({ jobs: 300, workers: 4, repos: 5, say: (line) => context.diagnostic(line) });
  assert.deepEqual(findings.lost, []);
  assert.deepEqual(findings.damaged, []);
  assert.deepEqual(findings.disorderlyEnds, []);
  assert.equal(findings.overlaps, 0);
  assert.equal(findings.fencesOutOfOrder, 0);
  const longest = Math.max(...findings.visits.map((visit) => visit.ended - visit.began));
  assert.ok(longest >= 15_000, 'somebody held on for three ttl, without JavaScript');
});
