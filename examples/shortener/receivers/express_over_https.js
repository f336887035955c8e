// What Snipy's and SnapGlyph's snippets take for granted around them: an Express app that parses JSON, served over HTTPS.
//
// Environment: TLS_CERT and TLS_KEY name PEM files, PORT is 0 for any free port. One line goes to stdout for each
// delivery, saying what the snippet made of it.
"use strict";

const express = require("express");
const fs = require("fs");
const https = require("https");

// The snippets log what they receive themselves. That goes to stderr, so that stdout keeps to a line a delivery.
console.log = console.error;

function say(name, text) {
  process.stdout.write(`${name.padEnd(13)} ${text}\n`);
}

// `product` as it stands in the header names: "snipy" for X-Snipy-Event.
exports.makeApp = (name, product) => {
  const app = express();
  app.use(express.json());
  app.use((req, res, next) => {
    res.on("finish", () => {
      const verdict = res.statusCode === 200 ? "signature verified" : `REFUSED with ${res.statusCode}`;
      const event = String(req.get(`x-${product}-event`));
      say(name, `${event.padEnd(13)} ${req.get(`x-${product}-delivery`)}  ${verdict}`);
    });
    next();
  });
  return app;
};

exports.serve = (name, app, path) => {
  const tls = { cert: fs.readFileSync(process.env.TLS_CERT), key: fs.readFileSync(process.env.TLS_KEY) };
  const server = https.createServer(tls, app);
  server.listen(Number(process.env.PORT || 0), "127.0.0.1", () => {
    say(name, `listening on https://localhost:${server.address().port}${path}`);
  });
};
