// What is installed: one set of classes for import and require, and a sentence where the addon is missing.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as imported from 'repolock';
import { scratch } from './support.mjs';

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL('..', import.meta.url));

// The package as installed elsewhere, with an addon that says it is of these versions, or none.
function installed(versions) {
  const place = join(scratch(), 'repolock');
  cpSync(join(root, 'dist'), join(place, 'dist'), { recursive: true });
  const finder = dirname(require.resolve('node-gyp-build/package.json'));
  cpSync(finder, join(place, 'node_modules/node-gyp-build'), { recursive: true });
  writeFileSync(join(place, 'package.json'), '{"name": "repolock"}');
  if (versions !== undefined) {
    mkdirSync(join(place, 'build/Release'), { recursive: true });
    writeFileSync(join(place, 'build/Release/repolock.node'), '');
    const fake = `require.extensions['.node'] = (module) => { module.exports = ${JSON.stringify(versions)}; };\n`;
    writeFileSync(join(place, 'fake.cjs'), fake);
  }
  return place;
}

function loaded(place, ...args) {
  return spawnSync(process.execPath, [...args, join(place, 'dist/index.cjs')], { encoding: 'utf8' }).stderr;
}

test('import and require give the same classes', () => {
  const required = require('repolock');
  for (const name of ['Client', 'Lock', 'LockError', 'LockTimeoutError', 'withRepoLock'])
    assert.equal(imported[name], required[name]);
  assert.deepEqual(Object.keys(imported).sort(), Object.keys(required).sort());
});

test('its version is that of the library', () => {
  assert.equal(imported.version, require('repolock/package.json').version);
});

test('the program in the README is an example that runs', () => {
  const example = join(root, 'examples/first_lock.mjs');
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  assert.ok(readme.includes(`\`\`\`js\n${readFileSync(example, 'utf8')}\`\`\``));
  const repository = scratch();
  execFileSync('git', ['init', '--quiet', repository]);
  const env = { ...process.env, REPOLOCK_URL: `file://${scratch()}` };
  assert.match(execFileSync(process.execPath, [example], { cwd: repository, env, encoding: 'utf8' }), /^mine, with fence \d+\n$/);
});

test('without an addon it says so in a sentence', () => {
  assert.match(loaded(installed()), /repolock: its addon for \S+ cannot be loaded \(.*\); the package has it for Linux/);
});

for (const [what, version] of [['too old', 0x000100], ['of another ABI', 0x010000]])
  test(`a library that is ${what} is refused in a sentence`, () => {
    const place = installed({ version, headerVersion: 0x000200 });
    assert.match(loaded(place, '-r', join(place, 'fake.cjs')), /built for librepolock 0\.2\.0, but loaded \d\.\d\.0; install/);
  });

test('the tarball has what is needed, and nothing runs at its installation', () => {
  const [{ files }] = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json'], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] }));
  const paths = files.map(({ path }) => path);
  for (const path of ['dist/index.cjs', 'dist/index.mjs', 'dist/index.d.cts', 'dist/index.d.mts', 'README.md', 'LICENSE'])
    assert.ok(paths.includes(path), path);
  assert.deepEqual(paths.filter((path) => /^(src|native|tests|build|node_modules)\/|\.gyp$/.test(path)), []);
  const { scripts, gypfile } = require('repolock/package.json');
  assert.deepEqual([scripts.preinstall, scripts.install, scripts.postinstall, gypfile], [undefined, undefined, undefined, false]);
});
