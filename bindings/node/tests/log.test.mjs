// The log comes as lines with data, and a listener that throws is an uncaught exception.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientOf, program, redisServer } from './support.mjs';

test('lines come with their level and their data', async (t) => {
  const { url, server } = await redisServer();
  let onLog;
  const told = new Promise((tell) => {
    onLog = (line) => line.fields.event === 'renewal_failed' && tell(line);
  });
  const lock = await clientOf(t, url, { onLog }).acquire('log/line', { ttlMs: 1000 });
  server.kill('SIGKILL');
  const { level, message, fields } = await told;
  assert.equal(level, 'warn');
  assert.match(message, /a renewal failed/);
  assert.deepEqual([fields.event, fields.repo], ['renewal_failed', 'log/line']);
  await lock.release().catch(() => {});
});

test('a listener that throws is an uncaught exception', async () => {
  const { url, server } = await redisServer();
  const { said, ended } = program('throwing_log', url);
  await said('held');
  server.kill('SIGKILL');
  const { code, stderr } = await ended;
  assert.equal(code, 1);
  assert.match(stderr, /Error: the log is full/);
});

test('counters can be read', async (t) => {
  const client = clientOf(t, 'memory:');
  await client.withLock('log/stats', () => assert.equal(client.stats().locks_held, 1));
});
