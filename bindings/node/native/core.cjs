// For binding.gyp: prints the sources of the library, as lib/CMakeLists.txt puts them together: those
// of a folder are one, and its Lua scripts are C++.
'use strict';
const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, readdirSync, writeFileSync } = require('node:fs');
const { basename, join, relative } = require('node:path');

const lib = join(__dirname, '../../../lib');
const scripts = join(lib, 'backend/redis/scripts');
const output = join(__dirname, '../build/core');

// As lib/backend/redis/embed.cmake, to the byte: a script is known to the server by its SHA1.
function embedded(file) {
  const lua = readFileSync(join(scripts, file), 'utf8').replace(
    /-- include ([a-z_]*)\n/g,
    (_, part) => readFileSync(join(scripts, 'part', `${part}.lua`), 'utf8'),
  );
  const name = basename(file, '.lua');
  const sha1 = createHash('sha1').update(lua).digest('hex');
  const constant = `k${name[0].toUpperCase()}${name.slice(1)}`;
  return `const Script ${constant} = {"${name}", "${sha1}", R"lua(${lua})lua"};\n`;
}

function write(name, text) {
  const file = join(output, name);
  writeFileSync(file, text);
  console.log(relative(join(__dirname, '..'), file));
}

function sourcesOf(folder) {
  const entries = readdirSync(folder, { withFileTypes: true });
  const sources = entries.filter((entry) => entry.name.endsWith('.cc')).map((entry) => entry.name);
  if (sources.length > 0) {
    const room = relative(lib, folder);
    const lines = sources.sort().map((source) => `#include "${join(room, source)}"\n`);
    write(`${room.replaceAll('/', '_')}.cc`, lines.join(''));
  }
  for (const entry of entries) if (entry.isDirectory()) sourcesOf(join(folder, entry.name));
}

mkdirSync(output, { recursive: true });
sourcesOf(lib);
write(
  'redis_scripts.cc',
  '#include "backend/redis/script.h"\n\nnamespace repolock::backend::redis::script {\n\n' +
    `${readdirSync(scripts).filter((file) => file.endsWith('.lua')).map(embedded).join('\n')}\n` +
    '}  // namespace repolock::backend::redis::script\n',
);
