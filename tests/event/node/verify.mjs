// Checks against this Node.js what canonical_documents writes: node verify.mjs <generator>
//
// The claims are listed at the head of canonical_documents.cpp. The seed is fixed, so that a failure
// can be repeated; HOOKWRIGHT_TEST_SEED sets another.

import { spawn } from 'node:child_process';
import { once } from 'node:events';

const seed = process.env.HOOKWRIGHT_TEST_SEED ?? '20260304';
const least = { B: 130000, C: 17000, D: 100000, N: 1000000, S: 100000 };
const seen = { B: 0, C: 0, D: 0, N: 0, S: 0 };
let failures = 0;
let ended = false;

const fatal = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const word = new DataView(new ArrayBuffer(8));

const canonical = text => JSON.stringify(JSON.parse(text)) === text;
const bytes = hex => Buffer.from(hex, 'hex').toString('utf8');

// Half a surrogate pair has no UTF-8, so hookwright writes U+FFFD, as toWellFormed does (from Node.js 20 on).
const halves = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;
const wellFormed = (_, value) => (typeof value === 'string' ? value.replace(halves, '\uFFFD') : value);

const claims = {
  B: body => canonical(body),
  C: (first, body) => {
    const start = parseInt(first, 16);
    const points = Array.from({ length: 64 }, (_, i) => start + i);
    return canonical(body) && JSON.parse(body).data.value === String.fromCodePoint(...points);
  },
  D: (hex, data) => canonical(data) && JSON.stringify(JSON.parse(bytes(hex), wellFormed)) === data,
  N: (bits, text) => {
    word.setBigUint64(0, BigInt('0x' + bits));
    return JSON.stringify(word.getFloat64(0)) === text;
  },
  S: (hex, text) => JSON.stringify(bytes(hex)) === text,
};

function check(line) {
  const [kind, ...parts] = line.split('\t');
  if (kind === 'E') {
    const lines = Object.values(seen).reduce((a, b) => a + b);
    ended = Number(parts[0]) === lines;
    return;
  }
  ++seen[kind];
  let holds = false;
  try {
    holds = claims[kind](...parts);
  } catch (error) {
    console.error(String(error));
  }
  if (!holds && ++failures <= 10) console.error(`does not hold: ${line.slice(0, 2000)}`);
}

const generator = spawn(process.argv[2], [seed], { stdio: ['ignore', 'pipe', 'inherit'] });
const closed = once(generator, 'close');
let rest = Buffer.alloc(0);
for await (const chunk of generator.stdout) {
  const data = rest.length ? Buffer.concat([rest, chunk]) : chunk;
  const end = data.lastIndexOf(10) + 1;
  rest = data.subarray(end);
  // Decoding must not mend anything: a body with invalid UTF-8 fails here.
  if (end > 0) fatal.decode(data.subarray(0, end - 1)).split('\n').forEach(check);
}
const [code] = await closed;

const enough = Object.keys(least).every(kind => seen[kind] >= least[kind]);
const counts = Object.entries(seen).map(([kind, count]) => `${kind} ${count}`).join(', ');
console.log(`Node.js ${process.version}, seed ${seed}: ${counts}; ${failures} failures`);
if (!ended || !enough || code !== 0) console.error(`incomplete: generator ended with ${code}`);
process.exit(failures === 0 && ended && enough && code === 0 ? 0 : 1);
