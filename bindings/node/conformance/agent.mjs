// The agent of tests/conformance for Node, on the package's public API: one JSON object a line on stdin,
// and one a line on stdout. tests/conformance/README.md says what they mean.
import { appendFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { canonical, LockLostError, open, version } from 'repolock';
import * as repolock from 'repolock';

// The package's classes, and the statuses they stand for. A LockError itself stands for the rest.
const STATUSES = new Map([
  [repolock.LockTimeoutError, 'E_TIMEOUT'],
  [repolock.LockHeldError, 'E_HELD'],
  [repolock.LockLostError, 'E_LOST'],
  [repolock.LockUnknownError, 'E_UNKNOWN'],
  [repolock.LockUnavailableError, 'E_UNAVAILABLE'],
  [repolock.LockShutdownError, 'E_SHUTDOWN'],
  [repolock.LockInvalidError, 'E_INVALID'],
  [repolock.LockDeniedError, 'E_DENIED'],
  [repolock.LockMisconfiguredError, 'E_MISCONFIGURED'],
  [repolock.LockUnsupportedError, 'E_UNSUPPORTED'],
]);

function statusOf(error) {
  if (error.name === 'AbortError') return 'E_CANCELED';
  if (error instanceof LockLostError && error.reason === 'shutdown') return 'E_SHUTDOWN';
  const status = STATUSES.get(error.constructor);
  if (status !== undefined) return status;
  return error instanceof repolock.LockError ? error.code : 'E_INVALID';
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

const clients = new Map();
const leases = new Map();
const acquiring = new Map();

function known(handles, name) {
  const handle = handles.get(name);
  if (handle === undefined) throw new TypeError(`there is no ${name}`);
  return handle;
}

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const within = (ms) => (ms === undefined ? undefined : ms === -1 ? Infinity : ms);
const holdersOf = (holders) =>
  holders.map(({ text, fence, shared, leaseId }) => ({ holder: text, fence, shared, lease_id: leaseId }));

async function acquire(request) {
  const { id, client, lease, repos, wait_ms, ttl_ms, max_hold_ms, shared, holder } = request;
  const controller = new AbortController();
  acquiring.set(id, controller);
  try {
    const lock = await known(clients, client).acquire(repos, {
      ...{ signal: controller.signal, timeoutMs: within(wait_ms), ttlMs: ttl_ms, maxHoldMs: max_hold_ms },
      ...{ shared, holder },
      onWaiting: ({ place }) => say({ event: 'waiting', id, place }),
    });
    leases.set(lease, lock);
    lock.signal.addEventListener('abort', () => {
      const lost = lock.signal.reason;
      say({ event: 'lost', lease, status: statusOf(lost), reason: lost.reason });
    });
    return { fences: lock.fences, previous: lock.previous, lease_id: lock.id };
  } finally {
    acquiring.delete(id);
  }
}

function work({ lease, witness }) {
  const { fence } = known(leases, lease);
  try {
    writeFileSync(witness, '', { flag: 'wx' });
  } catch (error) {
    if (error.code === 'EEXIST') return { status: 'OVERLAP' };
    throw error;
  }
  appendFileSync(`${witness}.journal`, `${fence} node\n`);
  unlinkSync(witness);
  return {};
}

const VERBS = {
  acquire,
  work,
  hello: () => ({
    language: 'node',
    version,
    can: ['shared', 'several', 'cancel', 'inspect', 'break', 'waiting', 'descriptor'],
  }),
  open: ({ client, backend, config }) => void clients.set(client, open({ url: backend, config })),
  cancel: ({ of }) => known(acquiring, of).abort(),
  check: ({ lease }) => {
    const lock = known(leases, lease);
    try {
      lock.assertHeld();
    } catch (error) {
      return { status: statusOf(error), message: error.message, remaining_ms: lock.remainingMs };
    }
    // JSON has no Infinity.
    return { remaining_ms: Math.min(lock.remainingMs, Number.MAX_SAFE_INTEGER) };
  },
  extend: ({ lease, ttl_ms }) => known(leases, lease).extend(ttl_ms),
  release: ({ lease }) => known(leases, lease).release(),
  // The collector is this language's way to let a handle go, and what warns of it comes a turn later.
  drop: async ({ lease }) => {
    const dropped = new WeakRef(known(leases, lease));
    leases.delete(lease);
    do {
      await turn(); // what was asked of a WeakRef lives to the end of the turn
      collect();
    } while (dropped.deref() !== undefined);
    await turn();
  },
  inspect: async ({ client, repo }) => {
    const { holders, waiters } = await known(clients, client).inspect(repo);
    return {
      holders: holdersOf(holders),
      waiters: waiters.map(({ text, place }) => ({ holder: text, place })),
    };
  },
  break: ({ client, repo, lease_id }) => known(clients, client).breakLock(repo, lease_id),
  canonical: ({ repo, config }) => ({ canonical: canonical(repo, config) }),
  block: ({ ms }) => {
    for (const end = Date.now() + ms; Date.now() < end; );
  },
  shutdown: ({ client, timeout_ms }) => known(clients, client).shutdown({ timeoutMs: within(timeout_ms) }),
  close: async ({ client }) => {
    const closed = known(clients, client);
    clients.delete(client);
    await closed.shutdown({ timeoutMs: 0 });
  },
  exit: ({ code }) => process.exit(code),
};

async function answer(request) {
  const { id } = request;
  try {
    const verb = VERBS[request.do];
    if (verb === undefined) throw new TypeError(`there is no verb ${request.do}`);
    say({ id, status: 'OK', ...(await verb(request)) });
  } catch (error) {
    const { message, holders = [], place = 0 } = error;
    say({ id, status: statusOf(error), message, holders: holdersOf(holders), place });
  }
}

for await (const line of createInterface({ input: process.stdin })) void answer(JSON.parse(line));
await Promise.all([...clients.values()].map((client) => client.shutdown({ timeoutMs: 0 })));
