// Verifies what our signer sends with the code that the products print for their customers.
// Usage: node verify_as_documented.cjs <print_signed>
'use strict';

const crypto = require('crypto');
const { execFileSync } = require('child_process');

// Snipy's guide, "1. Create a webhook endpoint", as printed.
function snipy(app, WEBHOOK_SECRET, console) {
  app.post("/webhook", (req, res) => {
    const signature = req.headers["x-snipy-signature"];
    const payload = JSON.stringify(req.body);
    // Verify signature
    const expected = crypto
      .createHmac("sha256", WEBHOOK_SECRET)
      .update(payload)
      .digest("hex");
    if (signature !== expected) {
      return res.status(401).send("Invalid signature");
    }
    const event = req.body;
    console.log("Received:", event.event, event.data);
    // Handle the event
    switch (event.event) {
      case "link.clicked":
        // Track click
        break;
      case "subscriber.added":
        // Sync to CRM
        break;
    }
    res.status(200).send("OK");
  });
}

// SnapGlyph's guide, "Verification (Node.js example)", as printed.
function snapglyph(app, process, console) {
  function verifyWebhook(payload, signature, secret) {
    const expected = crypto
      .createHmac('sha256', secret)
      .update(payload)
      .digest('hex');
    return `sha256=${expected}` === signature;
  }
  // In your webhook handler
  app.post('/webhooks/snapglyph', (req, res) => {
    const signature = req.headers['x-snapglyph-signature'];
    const isValid = verifyWebhook(
      JSON.stringify(req.body),
      signature,
      process.env.WEBHOOK_SECRET
    );
    if (!isValid) {
      return res.status(401).send('Invalid signature');
    }
    // Process the webhook
    console.log('Event:', req.body.event);
    res.status(200).send('OK');
  });
}

// What Express would do: names in lower case, the body parsed.
function answer(register, request) {
  let handler;
  let status = 0;
  register({ post: (path, given) => { handler = given; } });
  const res = { status(code) { status = code; return this; }, send() { return this; } };
  handler({ headers: request.headers, body: JSON.parse(request.body) }, res);
  return status;
}

// By the specification, with constant-time comparison, as the reference libraries do it.
function standardWebhooks(request) {
  if (request.secret.startsWith('whsk_')) return standardWebhooksEd25519(request);
  const key = Buffer.from(request.secret.replace(/^whsec_/, ''), 'base64');
  const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': header } = request.headers;
  const expected = crypto.createHmac('sha256', key)
    .update(`${id}.${at}.`).update(request.body).digest();
  return header.split(' ').some((token) => {
    const [version, signature] = token.split(',');
    const given = Buffer.from(signature, 'base64');
    return version === 'v1' && given.length === 32 && crypto.timingSafeEqual(given, expected);
  });
}

// v1a. The public key is made anew from the seed, not taken from the secret's second half.
function standardWebhooksEd25519(request) {
  const seed = Buffer.from(request.secret.slice(5), 'base64').subarray(0, 32);
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const key = crypto.createPublicKey(
    crypto.createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }));
  const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': header } = request.headers;
  const content = Buffer.concat([Buffer.from(`${id}.${at}.`), request.body]);
  return header.split(' ').some((token) => {
    const [version, signature] = token.split(',');
    return version === 'v1a' && crypto.verify(null, content, key, Buffer.from(signature, 'base64'));
  });
}

function hexOfBody(request, name, prefix) {
  const hex = crypto.createHmac('sha256', request.secret).update(request.body).digest('hex');
  return request.headers[name] === prefix + hex;
}

const quiet = { log() {} };
const verifiers = {
  hypersnap: (r) => hexOfBody(r, 'x-hypersnap-signature', ''),
  acme: (r) => hexOfBody(r, 'x-acme-signature', 'sha256='),
  snipy: (r) => answer((app) => snipy(app, r.secret, quiet), r) === 200,
  snapglyph: (r) =>
    answer((app) => snapglyph(app, { env: { WEBHOOK_SECRET: r.secret } }, quiet), r) === 200,
  standard_webhooks: standardWebhooks,
};

function read(line) {
  const [profile, secret, body, ...lines] = line.split('\t');
  const headers = {};
  for (const text of lines) {
    const colon = text.indexOf(': ');
    headers[text.slice(0, colon).toLowerCase()] = text.slice(colon + 2);
  }
  return { profile, secret, headers, body: Buffer.from(body, 'base64') };
}

const requests = execFileSync(process.argv[2], { encoding: 'utf8' }).trimEnd().split('\n').map(read);
const counts = {};
const failures = [];
for (const request of requests) {
  const name = `${request.profile} with ${request.secret}: ${request.body}`;
  const verify = verifiers[request.profile];
  if (!verify(request)) failures.push(`refused: ${name}`);

  const changed = Buffer.from(request.body.toString().replace('"event":"', '"event":"x'));
  if (verify({ ...request, body: changed })) failures.push(`accepted though changed: ${name}`);
  // A letter in the middle: those at the end may stand for bits that base64 drops.
  const other = request.secret.slice(0, 7) + '0' + request.secret.slice(8);
  if (verify({ ...request, secret: other })) {
    failures.push(`accepted with another secret: ${name}`);
  }
  const rides = 'webhook-signature' in request.headers;
  if (rides && !standardWebhooks(request)) failures.push(`standard headers refused: ${name}`);
  counts[request.profile] = (counts[request.profile] ?? 0) + 1;
}
for (const profile of Object.keys(verifiers)) {
  if (!counts[profile]) failures.push(`nothing was sent as ${profile}`);
}
console.log(counts);
if (failures.length > 0) {
  console.error(failures.join('\n'));
  process.exit(1);
}
