// A program that locks with node-redlock over ioredis: see test_redis_interop.py.
//
// usage: node_redlock.js hold|try|rounds KEY TTL_MS WITNESS SOCKET...
"use strict";

const fs = require("fs");
const Redis = require("ioredis");
const { default: Redlock } = require("redlock");

const ROUNDS = 5;
const [task, key, ttl, witness, ...sockets] = process.argv.slice(2);
const servers = sockets.map((path) => new Redis({ path }));
const redlock = new Redlock(servers, { retryCount: 0 });
const acquire = () => redlock.acquire([key], Number(ttl), { retryCount: task === "try" ? 0 : -1 });

const tell = (word) => fs.writeSync(1, word + "\n");
const stdinEnds = () => new Promise((resolve) => process.stdin.resume().on("end", resolve));

async function main() {
  if (task === "rounds") {
    for (let i = 0; i < ROUNDS; ++i) {
      const lock = await acquire();
      fs.mkdirSync(witness); // fails if anybody else is inside
      fs.rmdirSync(witness);
      await lock.release();
    }
    return;
  }
  const lock = await acquire().catch(() => null);
  if (lock === null) return tell("busy");
  tell("held");
  await stdinEnds();
  tell(await lock.release().then(() => "released", () => "lost"));
}

main().finally(() => servers.forEach((server) => server.disconnect()));
