// Reads with the WHATWG parser what accepted_urls writes: node verify_urls.mjs <generator> <mutants>
//
// Host and port must be the same, for the URL as it came and for its canonical form. Refusing more
// than we do is harmless; WHATWG does so for labels that are no good punycode, and for no other
// reason. HOOKWRIGHT_TEST_SEED sets another seed.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const [generatorPath, mutants] = process.argv.slice(2);
const seed = process.env.HOOKWRIGHT_TEST_SEED ?? '20260304';
let urls = 0;
let refused = 0;
let differences = 0;
let end;

// "[::1]" as eight groups.
function groups(host) {
  const [head, tail] = host.slice(1, -1).split('::').map(part => (part ? part.split(':') : []));
  if (!tail) return head.join(':');
  return [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail].join(':');
}

function same(text, host, port) {
  const url = new URL(text);
  const found = url.hostname.startsWith('[') ? groups(url.hostname) : url.hostname;
  const number = url.port || { 'https:': '443', 'http:': '80' }[url.protocol];
  return found === host && number === port && url.username === '' && url.hash === '';
}

function check(line) {
  const [kind, ...parts] = line.split('\t');
  if (kind === 'E') {
    end = parts.map(Number);
    return;
  }
  ++urls;
  const [text, host, port, canonical] = parts;
  let holds = false;
  try {
    holds = same(text, host, port) && same(canonical, host, port);
  } catch {
    holds = host.split('.').some(label => label.startsWith('xn--'));
    if (holds) ++refused;
  }
  if (!holds && ++differences <= 10) console.error(`read otherwise: ${line}`);
}

const generator = spawn(generatorPath, [seed, mutants], { stdio: ['ignore', 'pipe', 'inherit'] });
const closed = once(generator, 'close');
for await (const line of createInterface({ input: generator.stdout, crlfDelay: 0 })) check(line);
const [code] = await closed;

const whole = end && end[0] === Number(mutants) && end[2] === urls && urls > Number(mutants) / 200;
console.log(
  `Node.js ${process.version}, seed ${seed}: ${end?.[0]} mutants, ${end?.[1]} accepted, ${urls} of them ` +
    `different; ${refused} with bad punycode refused there, ${differences} read otherwise`);
if (!whole || code !== 0) console.error(`incomplete, or libcurl differs: generator ended with ${code}`);
process.exit(differences === 0 && whole && code === 0 ? 0 : 1);
