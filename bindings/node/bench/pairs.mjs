// One pair of acquire and release: alone, with 64 names in flight, and with 8 tasks that want one name.
//
// Beside the library from C, npm redlock and redis-semaphore, on a Redis server that it starts. The
// variants take turns in each round, so that they have the same machine; printed are the median of the
// rounds, the least and the most, in microseconds a pair.
//
// usage: npm install, then node pairs.mjs [ROUNDS], with the library found by pkg-config
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Redis from 'ioredis';
import { Mutex } from 'redis-semaphore';
import { open } from 'repolock';
import redlockModule from 'redlock';

const Redlock = redlockModule.default ?? redlockModule;
const ROUNDS = Number(process.argv[2] ?? 5);
const ALONE = 1000; // pairs in a round
const NAMES = 64;
const TASKS = 8;
const TURNS = 10; // of each task
const TTL_MS = 30_000;

const directory = mkdtempSync(join(tmpdir(), 'repolock-bench-'));
const socket = join(directory, 'socket');
const url = `redis+unix://${socket}`;
const server = spawn('redis-server', [
  ...['--port', '0', '--unixsocket', socket, '--dir', directory, '--save', '', '--appendonly', 'no'],
]);
for await (const chunk of server.stdout) if (`${chunk}`.includes('ready to accept connections')) break;

const cpair = join(directory, 'cpair');
const flags = execFileSync('pkg-config', ['--cflags', '--libs', 'repolock'], { encoding: 'utf8' }).trim();
const source = fileURLToPath(new URL('../../../tests/bench/cpair.c', import.meta.url));
execFileSync('cc', ['-O2', source, ...flags.split(' '), '-o', cpair]);
const inC = (where) => Number(execFileSync(cpair, [where, String(ALONE)], { encoding: 'utf8' }));

const memory = open({ url: 'memory:bench' });
const client = open({ url });
const redis = new Redis({ path: socket });
const redlock = new Redlock([redis], { retryCount: -1 });

const ours = (of) => async (name) => (await of.acquire(name)).release();
const theirs = async (name) => (await redlock.acquire([name], TTL_MS)).release();
const semaphore = async (name) => {
  const mutex = new Mutex(redis, name, { lockTimeout: TTL_MS, acquireTimeout: 60_000 });
  await mutex.acquire();
  await mutex.release();
};

async function timed(pairs, work) {
  const began = performance.now();
  await work();
  return ((performance.now() - began) * 1000) / pairs;
}

async function times(count, pair, name) {
  for (let i = 0; i < count; ++i) await pair(name);
}

const alone = (pair) => timed(ALONE, () => times(ALONE, pair, 'bench/alone'));
const inFlight = (pair) =>
  timed(NAMES * 50, () => Promise.all(Array.from({ length: NAMES }, (_, i) => times(50, pair, `bench/name${i}`))));
const contended = (pair) =>
  timed(TASKS * TURNS, () => Promise.all(Array.from({ length: TASKS }, () => times(TURNS, pair, 'bench/one'))));

const variants = {
  'memory, C': () => inC('memory:'),
  'memory, Node': () => alone(ours(memory)),
  'redis, C': () => inC(url),
  'redis, Node': () => alone(ours(client)),
  'redis, redlock': () => alone(theirs),
  'redis, redis-semaphore': () => alone(semaphore),
  [`redis, ${NAMES} names, Node`]: () => inFlight(ours(client)),
  [`redis, ${NAMES} names, redlock`]: () => inFlight(theirs),
  [`redis, ${NAMES} names, redis-semaphore`]: () => inFlight(semaphore),
  [`redis, ${TASKS} tasks, Node`]: () => contended(ours(client)),
  [`redis, ${TASKS} tasks, redlock`]: () => contended(theirs),
  [`redis, ${TASKS} tasks, redis-semaphore`]: () => contended(semaphore),
};

const found = Object.fromEntries(Object.keys(variants).map((name) => [name, []]));
for (const pair of [ours(memory), ours(client), theirs, semaphore]) await pair('bench/warm');
for (let round = 0; round < ROUNDS; ++round)
  for (const [name, variant] of Object.entries(variants)) found[name].push(await variant());

const median = (all) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)];
for (const [name, all] of Object.entries(found)) {
  const [least, most] = [Math.min(...all), Math.max(...all)].map((us) => us.toFixed(0));
  console.log(`${name.padEnd(36)} ${median(all).toFixed(0).padStart(8)} us (${least} to ${most})`);
}
for (const place of ['memory', 'redis']) {
  const ratios = found[`${place}, Node`].map((us, round) => us / found[`${place}, C`][round]);
  console.log(`${place}: Node over C ${median(ratios).toFixed(2)}`);
}

await Promise.all([memory.shutdown(), client.shutdown(), redlock.quit()]);
server.kill('SIGKILL');
rmSync(directory, { recursive: true, force: true });
