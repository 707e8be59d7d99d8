// The log comes as lines with data, and a listener that throws is an uncaught exception.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { clientOf, program } from './support.mjs';

test('lines come with their level and their data', async (t) => {
  let told;
  const line = new Promise((resolve) => (told = resolve));
  const client = clientOf(t, 'redis+unix:///nowhere/socket', { onLog: told, logLevel: 'debug' });
  await assert.rejects(client.acquire('log/line', { timeoutMs: 50 }), { name: 'LockUnavailableError' });
  const { level, message, fields } = await line;
  assert.ok(['error', 'warn', 'info', 'debug'].includes(level));
  assert.ok(message.length > 0);
  assert.equal(typeof fields.event, 'string');
});

test('a listener that throws is an uncaught exception', async () => {
  const { child, ended } = program('throwing_log');
  await once(child, 'close');
  const { code, stderr } = await ended;
  assert.equal(code, 1);
  assert.match(stderr, /Error: the log is full/);
});

test('counters can be read', async (t) => {
  const client = clientOf(t, 'memory:');
  await client.withLock('log/stats', () => assert.equal(client.stats().locks_held, 1));
});
