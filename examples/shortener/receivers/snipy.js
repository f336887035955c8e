// A customer of Snipy's, in Node.js.
const crypto = require("crypto");
const { makeApp, serve } = require("./express_over_https");

const WEBHOOK_SECRET = process.env.WEBHOOK_SECRET;
const app = makeApp("snipy.js", "snipy");

// From here to the matching line: Snipy's Webhooks Guide, word for word.
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
// End of Snipy's code.

serve("snipy.js", app, "/webhook");
