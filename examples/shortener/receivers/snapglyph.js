// A customer of SnapGlyph's, in Node.js.
const { makeApp, serve } = require("./express_over_https");

const app = makeApp("snapglyph.js", "snapglyph");

// From here to the matching line: SnapGlyph's documentation, word for word.
const crypto = require('crypto');

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
// End of SnapGlyph's code.

serve("snapglyph.js", app, "/webhooks/snapglyph");
