// Writes canonical.tsv: node generate.mjs > canonical.tsv
//
// Bodies as Node.js writes them, by a generator that knows nothing of hookwright's code, each with
// the HMAC-SHA256 that a receiver computes over JSON.stringify(JSON.parse(body)). A line is
//
//   hmac, tab, "dynamic" or "doubles", tab, body
//
// "dynamic" bodies can be published as a DynamicEvent; "doubles" hold whole numbers beyond 2^53 - 1,
// which only a double member may write. The file is committed, so that the tests need no Node.js.

import { createHmac } from 'node:crypto';

const secret = 'whsec_corpus';

// mulberry32: small, seeded, the same everywhere.
let state = 20260304;
const random = () => {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const below = n => Math.floor(random() * n);
const pick = list => list[below(list.length)];

const edges = [
  0, 0.1, 0.1 + 0.2, 1 / 3, 2 / 3, 1e-5, 1e-6, 1e-7, 1.5e-7, 5e-324, 2.2250738585072014e-308,
  1.7976931348623157e308, 1e21, 1.5e22, 123456789.123, 39.7392, -104.9903, -179.99999999999997,
  Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 4294967295, 0.000001234, 1e100, -1e-300,
];
const large = [2 ** 53, 2 ** 53 + 2, 1e20, 123456789012345680000, 999999999999999900000, -(2 ** 63)];

const view = new DataView(new ArrayBuffer(8));
function number(whole) {
  switch (below(5)) {
    case 0: return pick(edges);
    case 1: return below(2 ** 32) - 2 ** 31;
    case 2: return (below(3600000001) - 1800000000) / 1e7;
    case 3: return whole ? pick(large) : below(1e8) / 100;
    default:
      for (;;) {
        view.setUint32(0, below(2 ** 32));
        view.setUint32(4, below(2 ** 32));
        const x = view.getFloat64(0);
        const plain = !/[.e]/.test(String(x));
        if (Number.isFinite(x) && (whole || !plain || Number.isSafeInteger(x))) return x;
      }
  }
}

function codePoint() {
  switch (below(6)) {
    case 0: return below(0x20);
    case 1: return 0x7f + below(0x781);
    case 2: { const c = 0x800 + below(0xf000); return c < 0xd800 ? c : c + 0x800; }
    case 3: return 0x10000 + below(0x100000);
    default: return 0x20 + below(0x5f);
  }
}
const special = ['', '"', '\\', '/', '</script>', '\u2028\u2029', '\u0000', '\x7f', '\ufeff', '\uffff',
  '\b\t\n\f\r\x0b', 'https://example.com/?a=1&b=2', 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)',
  '\u{1f600}', '\u{10ffff}', 'caf\u00e9', 'cafe\u0301'];
const text = () => below(3) === 0 ? pick(special)
  : String.fromCodePoint(...Array.from({ length: below(24) }, codePoint));

function key(used) {
  for (;;) {
    const k = below(2) === 0 ? pick(['id', 'alias', 'userId', 'short_url', 'geo', 'utm-source', '00', '-1', '1.5', '']) : text();
    if (used.has(k) || /^(0|[1-9][0-9]*|__proto__|constructor|prototype|toJSON)$/.test(k)) continue;
    used.add(k);
    return k;
  }
}

function value(whole, depth) {
  switch (below(depth < 15 ? 8 : 5)) {
    case 0: return pick([true, false, null]);
    case 1: case 2: return number(whole);
    case 3: case 4: return text();
    case 5: return Array.from({ length: below(4) }, () => value(whole, depth + 1));
    default: return object(whole, depth + 1);
  }
}

function object(whole, depth, least = 0) {
  const used = new Set();
  return Object.fromEntries(Array.from({ length: least + below(5) }, () => [key(used), value(whole, depth)]));
}

const types = ['link.clicked', 'qr.scanned', 'link.click.registered', 'order.paid', 'ping', 'A-1.b_2'];
for (let i = 0; i < 640; ++i) {
  const whole = i % 8 === 7;
  const data = object(whole, 1, 2);
  if (whole) data.whole = pick(large);
  const seconds = below(4102444800);
  const timestamp = new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
  const body = JSON.stringify({ event: pick(types), timestamp, data });
  if (JSON.stringify(JSON.parse(body)) !== body) throw new Error(`not canonical: ${body}`);
  const hmac = createHmac('sha256', secret).update(JSON.stringify(JSON.parse(body))).digest('hex');
  process.stdout.write(`${hmac}\t${whole ? 'doubles' : 'dynamic'}\t${body}\n`);
}
