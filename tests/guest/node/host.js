// A Node program with the library in it: what it finds it says on stdout, a line for each, and it ends
// by itself, with a client still open where its second argument says so.
//
// usage: node host.js URL close|leave        with REPOLOCK_ADDON and REPOLOCK_LIBRARY
'use strict';
const assert = require('node:assert');
const fs = require('node:fs');

const guest = require(process.env.REPOLOCK_ADDON);
const [url, end] = process.argv.slice(2);
const TTL = 300;
const OK = 0, PENDING = -17;

// Blocks the event loop, as a long computation would.
const block = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
const threads = () => fs.readdirSync('/proc/self/task').length;
const descriptors = () => fs.readdirSync('/proc/self/fd').length;

function until(condition) {
  const give_up = Date.now() + 20000;
  while (!condition()) {
    assert(Date.now() < give_up, `in vain: ${condition}`);
    block(2);
  }
}

let signals = 0, ticks = 0;
process.on('SIGUSR2', () => ++signals);
const ticking = setInterval(() => ++ticks, 5);

function scene() {
  const before = { handles: guest.uvHandles(), threads: threads(), descriptors: descriptors(),
                   env: JSON.stringify(process.env), cwd: process.cwd(), umask: process.umask() };
  const holder = guest.open(url, TTL);
  const waiter = guest.open(url, TTL);
  const lease = guest.lock(holder, 'a/b');

  block(3 * TTL);
  assert.strictEqual(guest.held(lease), OK, 'renewed while the event loop was blocked');

  const op = guest.start(waiter, 'a/b');
  block(10);
  assert.strictEqual(guest.status(op), PENDING);
  process.kill(process.pid, 'SIGUSR2');
  assert.strictEqual(guest.release(lease), OK);
  until(() => guest.status(op) === OK); // no turn of the event loop was needed
  assert.strictEqual(guest.release(guest.take(op)), OK);

  assert.strictEqual(guest.uvHandles(), before.handles, "Node's own loop is untouched");
  assert.strictEqual(guest.close(waiter), OK);
  assert.strictEqual(guest.close(holder), OK);
  until(() => threads() === before.threads && descriptors() === before.descriptors);
  assert.strictEqual(JSON.stringify(process.env), before.env);
  assert.strictEqual(process.cwd(), before.cwd);
  assert.strictEqual(process.umask(), before.umask);
}

guest.load(process.env.REPOLOCK_LIBRARY);
setTimeout(() => {
  scene(); // the first one
  scene();
  setTimeout(() => {
    assert.strictEqual(signals, 2, 'signals came to Node');
    assert(ticks > 0);
    clearInterval(ticking);
    if (end === 'leave') {
      guest.lock(guest.open(url, TTL), 'c/d');
    }
    process.stdout.write(`well, with libuv ${guest.uvVersion()}\n`);
  }, 30);
}, 10);
