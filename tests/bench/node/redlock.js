// redlock.js pairs|turns NAMES MS SOCKET... - npm redlock over ioredis, with its own defaults.
// pairs: NAMES names in flight, each taken and released over and over. turns: one name, tried until
// it is had; each turn is printed as "<from> <waited>", ns of the monotonic clock.
"use strict";

const Redis = require("ioredis");
const Redlock = require("redlock").default;

const [work, names, ms, ...sockets] = process.argv.slice(2);
const TTL_MS = 30000;

async function main() {
  const clients = sockets.map((path) => new Redis({ path }));
  const redlock = new Redlock(clients, { retryCount: -1 });
  await (await redlock.acquire(["bench:warm:" + process.pid], TTL_MS)).release();
  if (work === "turns") {
    console.log("ready");
    await new Promise((resolve) => process.stdin.once("data", resolve));
  }

  const before = process.cpuUsage();
  const began = process.hrtime.bigint();
  const end = began + BigInt(ms) * 1000000n;
  const turns = [];
  let pairs = 0;
  async function run(name) {
    for (let now = began; now < end; ) {
      const asked = process.hrtime.bigint();
      const lock = await redlock.acquire([name], TTL_MS);
      now = process.hrtime.bigint();
      if (work === "turns") turns.push(`${now} ${now - asked}`);
      await lock.release();
      ++pairs;
    }
  }
  const all = [];
  for (let i = 0; i < Number(names); ++i) all.push(run(`bench:${work}:${i}`));
  await Promise.all(all);

  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  const cpu = process.cpuUsage(before);
  if (work === "turns") console.log(turns.join("\n"));
  else
    console.log(JSON.stringify({
      pairs, seconds, client_cpu_us: (cpu.user + cpu.system) / pairs }));
  await redlock.quit();
}

main();
