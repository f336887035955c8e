// The three products' pages, sentence by sentence, as their customers would try them: what they say
// is quoted, in their order. What is said of the wire is in tests/dispatcher/wire_test.cpp and
// tests/signing, of TLS in tests/transport, of the events' bodies in tests/event.

#include <algorithm>
#include <optional>

#include "hookwright/error.hpp"
#include "hookwright/events/hypersnap.hpp"
#include "hookwright/events/snapglyph.hpp"
#include "hookwright/events/snipy.hpp"
#include "hookwright/verifier.hpp"
#include "life/life.hpp"

using namespace life_test;

namespace {

// A customer of one of the products, with the product's own profile and events.
struct Customer {
  explicit Customer(const std::string& product, StoreKind kind) : world(kind) {
    Options options = world.options();
    options.catalog = hypersnap::catalog();
    options.catalog.join(snipy::catalog()).join(snapglyph::catalog());
    options.default_profile = product;
    dispatcher.emplace(std::move(options));
    calls().configure("acme", {.notify = "admin@acme.example"});
    answer({});
  }

  Endpoints& calls() { return dispatcher->endpoints(); }
  Endpoint now() { return look_up(*dispatcher, webhook); }
  void run(Duration span) { world.run(*dispatcher, span); }
  // A receiver that hands challenges back, and else answers like this.
  void answer(const SimulatedAnswer& always) {
    world.net->answer(host, [always](const Arrival& arrival) {
      if (arrival.body->find("challenge_token") == std::string::npos) return always;
      return SimulatedAnswer{.body = *arrival.body};
    });
  }
  std::vector<Arrival> arrivals() { return world.net->to(host); }
  std::vector<DeadLetter> letters() { return calls().dead_letters("acme", webhook.id).rows; }
  std::size_t waiting() { return calls().backlog("acme", webhook.id).value_or(999'999); }

  // The delays between the attempts of the only event that was sent, each rounded down to what it
  // was before up to a tenth was added.
  std::vector<Duration> delays(const std::vector<Duration>& promised) {
    std::vector<Duration> found;
    const auto all = arrivals();
    for (std::size_t i = 1; i < all.size() && i <= promised.size(); ++i) {
      const Duration gap = std::chrono::floor<Duration>(all[i].steady - all[i - 1].steady);
      const Duration most = promised[i - 1] + promised[i - 1] / 10 + 31s;  // the deadline, at most
      found.push_back(gap >= promised[i - 1] && gap <= most ? promised[i - 1] : gap);
    }
    return found;
  }

  World world;
  std::optional<Dispatcher> dispatcher{};
  Endpoint webhook{};
};

SimulatedAnswer failing(int how) {
  if (how == 0) return {.status = 404};
  if (how == 1) return {.status = 500};
  return {.latency = 3s, .fault = Fault::timeout};
}

}  // namespace

TEST_CASE("HyperSnap's page, sentence by sentence") {
  Customer customer("hypersnap", GENERATE(from_range(store_kinds_that_forget())));
  Endpoints& calls = customer.calls();
  // "paste your HTTPS endpoint URL, and select your trigger scope"
  EndpointSpec spec = spec_for(host, {"link.click.registered", "campaign.threshold.met"});
  spec.url = "http://a.example.com/hook";
  CHECK_THROWS_AS(calls.create("acme", spec), ConfigError);
  spec.url = "https://a.example.com/hook";
  customer.webhook = subscribe(*customer.dispatcher, "acme", spec);
  // "HyperSnap validates your endpoint with a handshake containing a `challenge_token`. Echo this
  // token back in the response body to activate the subscription."
  CHECK(customer.webhook.status == Status::unverified);
  customer.run(1s);
  CHECK(customer.now().status == Status::active);
  CHECK(customer.arrivals().at(0).body->find("\"challenge_token\":\"") != std::string::npos);
  // "You can manage up to 15 active webhook destinations per organization"
  for (int i = 2; i <= 15; ++i) {
    const Endpoint more = subscribe(*customer.dispatcher, "acme", spec_for(host, {"domain.*"}));
    customer.run(1s);
    CHECK(look_up(*customer.dispatcher, more).status == Status::active);
  }
  const Endpoint sixteenth = subscribe(*customer.dispatcher, "acme", spec);
  CHECK(calls.verify("acme", sixteenth.id).outcome == EndpointOutcome::over_limit);
  CHECK(calls.remove("acme", sixteenth.id) == EndpointOutcome::ok);
  customer.world.net->forget();

  // "Choose which signals route to your pipeline."
  customer.dispatcher->publish("acme", hypersnap::LinkClickConverted::sample());
  customer.dispatcher->publish("acme", hypersnap::LinkClickRegistered::sample(),
                               {.at = hypersnap::LinkClickRegistered::sample_event().at});
  customer.run(1s);
  REQUIRE(customer.arrivals().size() == 1);
  // "All webhook deliveries use `application/json` with HMAC-SHA256 signature validation. Verify
  // the `x-hypersnap-signature` header against your secret key". "Standard payload envelope: ..."
  const Arrival arrival = customer.arrivals()[0];
  CHECK(arrival.header("Content-Type") == "application/json");
  CHECK(*arrival.body == hypersnap::LinkClickRegistered::sample_event().body);
  const Verifier verifier(profiles::hypersnap().wire, {customer.webhook.secrets.front()});
  CHECK(verifier.verify(arrival.headers, *arrival.body, arrival.wall));
  // "respond with a 2xx status code within 3 seconds to acknowledge receipt"
  CHECK(arrival.allowed == 3s);

  // "If your endpoint returns a 4xx/5xx status or times out, HyperSnap applies an exponential
  // backoff retry schedule: 30s, 2m, 10m, 1h, 6h."
  const int how = GENERATE(0, 1, 2);
  customer.answer(failing(how));
  customer.world.net->forget();
  customer.dispatcher->publish("acme", hypersnap::LinkClickRegistered::sample());
  customer.run(9h);
  const std::vector<Duration> schedule = {30s, 2min, 10min, 1h, 6h};
  CHECK(customer.arrivals().size() == 6);
  CHECK(customer.delays(schedule) == schedule);
  // "After five failed attempts, the subscription pauses and notifies your designated admin email."
  CHECK(customer.now().status == Status::paused);
  CHECK(customer.now().reason == Reason::exhausted);
  CHECK(customer.world.observer->count(NoticeKind::endpoint_paused) == 1);
  for (const Notice& notice : customer.world.observer->notices)
    CHECK(notice.address == "admin@acme.example");
  customer.dispatcher->publish("acme", hypersnap::CampaignThresholdMet::sample());
  customer.run(1h);
  CHECK(customer.arrivals().size() == 6);
  CHECK(customer.waiting() == 1);
  // "Dead-letter queues retain failed payloads for 30 days for debugging."
  REQUIRE(customer.letters().size() == 1);
  const DeadLetter letter = customer.letters()[0];
  CHECK(letter.event.body == *customer.arrivals()[0].body);
  CHECK(letter.attempts == 6);
  CHECK(calls.attempts_of("acme", customer.webhook.id, letter.id).rows.size() == 6);
  // "You can resume delivery manually or via the `/v2/webhooks/resume` API endpoint."
  customer.answer({});
  customer.world.net->forget();
  REQUIRE(calls.enable("acme", customer.webhook.id).ok());
  customer.run(1s);
  REQUIRE(customer.arrivals().size() == 1);
  CHECK(customer.arrivals()[0].body->find("campaign.threshold.met") != std::string::npos);
  if (how != 0) return;  // a month takes its time, even here
  customer.run(letter.expires - customer.world.clock->wall() - 1min);
  CHECK(customer.letters().size() == 1);
  customer.run(2min);
  CHECK(customer.letters().empty());
}

TEST_CASE("Snipy's guide, sentence by sentence") {
  Customer customer("snipy", GENERATE(from_range(store_kinds())));
  Endpoints& calls = customer.calls();
  // "Subscribe to any of our 15 event types": the guide lists 14.
  std::size_t types = 0;
  for (const CatalogEntry& entry : snipy::catalog().entries()) {
    CHECK(calls.create("umbrella", spec_for(host, {entry.type()})).ok());
    ++types;
  }
  CHECK(types == 14);
  // {"url": ..., "events": ["link.clicked", "link.created", "subscriber.added"],
  //  "secret": "whsec_your_signing_secret"}
  EndpointSpec spec = spec_for(host, {"link.clicked", "link.created", "subscriber.added"});
  spec.secret = Secret("whsec_your_signing_secret");
  customer.webhook = subscribe(*customer.dispatcher, "acme", spec);
  CHECK(customer.webhook.status == Status::active);
  customer.dispatcher->publish("acme", snipy::TipReceived::sample());
  const TimePoint at = snipy::LinkClicked::sample_event().at;
  customer.dispatcher->publish("acme", snipy::LinkClicked::sample(), {.at = at});
  customer.run(1s);
  REQUIRE(customer.arrivals().size() == 1);
  // "Every webhook payload is signed with your secret using HMAC-SHA256." "Unique delivery ID for
  // deduplication". "All webhook payloads follow a consistent structure"
  const Arrival arrival = customer.arrivals()[0];
  CHECK(*arrival.body == snipy::LinkClicked::sample_event().body);
  CHECK(arrival.header("X-Snipy-Event") == "link.clicked");
  CHECK(arrival.header("X-Snipy-Delivery").starts_with("del_"));
  const Verifier verifier(profiles::snipy().wire, {Secret("whsec_your_signing_secret")});
  CHECK(verifier.verify(arrival.headers, *arrival.body, arrival.wall));

  // "If your endpoint does not return a 2xx response within 10 seconds, the webhook delivery is
  // retried with exponential backoff: 1 minute, 5 minutes, 30 minutes, 2 hours, 24 hours"
  CHECK(arrival.allowed == 10s);
  customer.answer(GENERATE(SimulatedAnswer{.status = 302}, SimulatedAnswer{.status = 401},
                           SimulatedAnswer{.latency = 10s, .fault = Fault::timeout}));
  customer.world.net->forget();
  customer.dispatcher->publish("acme", snipy::LinkClicked::sample());
  customer.run(30h);
  const std::vector<Duration> schedule = {1min, 5min, 30min, 2h, 24h};
  CHECK(customer.delays(schedule) == schedule);
  REQUIRE(customer.arrivals().size() == 6);
  for (const Arrival& attempt : customer.arrivals()) {
    CHECK(*attempt.body == *customer.arrivals()[0].body);
    CHECK(attempt.header("X-Snipy-Delivery") == customer.arrivals()[0].header("X-Snipy-Delivery"));
  }
  // "After 5 failed attempts, the webhook subscription is automatically deactivated."
  CHECK(customer.now().status == Status::disabled);
  CHECK(customer.now().reason == Reason::exhausted);
  customer.dispatcher->publish("acme", snipy::LinkCreated::sample());
  customer.run(1h);
  CHECK(customer.arrivals().size() == 6);
  CHECK(customer.waiting() == 0);
  // "You can reactivate it from the dashboard or via the API."
  customer.answer({});
  REQUIRE(calls.enable("acme", customer.webhook.id).ok());
  customer.dispatcher->publish("acme", snipy::SubscriberAdded::sample());
  customer.run(1s);
  CHECK(customer.arrivals().size() == 7);
  CHECK(customer.arrivals().back().header("X-Snipy-Event") == "subscriber.added");
}

TEST_CASE("SnapGlyph's guide, sentence by sentence") {
  Customer customer("snapglyph", GENERATE(from_range(store_kinds())));
  Endpoints& calls = customer.calls();
  // "Must use HTTPS (HTTP not allowed)". "Select all that apply to your use case." "Your webhook is
  // now active."
  EndpointSpec spec = spec_for(host, {"qr.scanned", "qr.created"});
  spec.url = "http://a.example.com/hook";
  CHECK_THROWS_AS(calls.create("acme", spec), ConfigError);
  customer.webhook =
      subscribe(*customer.dispatcher, "acme", spec_for(host, {"qr.scanned", "qr.created"}));
  CHECK(customer.webhook.status == Status::active);
  // "When an event occurs, SnapGlyph sends a POST request to your endpoint"
  customer.dispatcher->publish("acme", snapglyph::QrScanned::sample(),
                               {.at = snapglyph::QrScanned::sample_event().at});
  customer.dispatcher->publish("acme", snapglyph::QrDeleted::sample());
  customer.run(1s);
  REQUIRE(customer.arrivals().size() == 1);
  CHECK(*customer.arrivals()[0].body == snapglyph::QrScanned::sample_event().body);
  CHECK(customer.arrivals()[0].header("X-Snapglyph-Signature").starts_with("sha256="));
  CHECK(customer.arrivals()[0].header("X-Snapglyph-Event") == "qr.scanned");
  CHECK(customer.arrivals()[0].allowed == 30s);

  // "The Webhooks page shows all your endpoints with: Endpoint URL, Subscribed events, Status
  // (Active/Inactive), Recent delivery status"
  const ListedEndpoint shown = calls.list("acme").rows.at(0);
  CHECK(shown.url == "https://a.example.com/hook");
  CHECK(shown.events == std::vector<std::string>{"qr.scanned", "qr.created"});
  CHECK(shown.status == Status::active);
  REQUIRE(shown.last_attempt);
  CHECK(shown.last_attempt->result == AttemptResult::delivered);
  // "Modify the URL or events. Click Save"
  EndpointSpec edited = spec_for(host, {"qr.scanned"});
  edited.url += "/v2";
  REQUIRE(calls.update("acme", customer.webhook.id, edited, shown.version).ok());
  customer.dispatcher->publish("acme", snapglyph::QrCreated::sample());
  customer.dispatcher->publish("acme", snapglyph::QrScanned::sample());
  customer.run(1s);
  REQUIRE(customer.arrivals().size() == 2);
  CHECK(customer.arrivals()[1].url == "https://a.example.com/hook/v2");
  // "Toggle Active to off. Events will queue (briefly) but not deliver"
  REQUIRE(calls.pause("acme", customer.webhook.id).ok());
  for (int i = 0; i < 3; ++i) customer.dispatcher->publish("acme", snapglyph::QrScanned::sample());
  customer.run(1h);
  CHECK(customer.arrivals().size() == 2);
  CHECK(customer.waiting() == 3);
  CHECK(calls.waiting("acme", customer.webhook.id).rows.size() == 3);
  REQUIRE(calls.enable("acme", customer.webhook.id).ok());
  customer.run(1s);
  CHECK(customer.arrivals().size() == 5);
  // "Click Test next to your webhook. Select an event type. Click Send Test. A sample event is sent
  // to your endpoint."
  const Trial test = calls.test("acme", customer.webhook.id, "qr.created");
  CHECK(test.accepted);
  CHECK(customer.arrivals().back().header("X-Snapglyph-Event") == "qr.created");

  // "If delivery fails, SnapGlyph retries: 1 minute later, 5 minutes later, 30 minutes later, 2
  // hours later, 24 hours later"
  customer.answer({.status = 500, .body = "<b>out of order</b>"});
  customer.world.net->forget();
  customer.dispatcher->publish("acme", snapglyph::QrScanned::sample());
  customer.run(30h);
  const std::vector<Duration> schedule = {1min, 5min, 30min, 2h, 24h};
  CHECK(customer.delays(schedule) == schedule);
  CHECK(customer.arrivals().size() == 6);
  // "After 5 failed attempts, the webhook is marked as failing."
  CHECK(customer.now().status == Status::active);
  CHECK(customer.now().failing);
  // "View the Delivery History section. See recent deliveries with status and response codes"
  const auto history = calls.attempts("acme", customer.webhook.id).rows;
  REQUIRE(history.size() == 12);
  CHECK(history[0].status == 500);
  CHECK(history[0].excerpt == "<b>out of order</b>");
  CHECK(history[6].purpose == Purpose::test);
  CHECK(history[11].status == 200);
  // A failing one is sent to, with all its retries; its next success clears the mark.
  customer.dispatcher->publish("acme", snapglyph::QrScanned::sample());
  customer.run(30h);
  CHECK(customer.arrivals().size() == 12);
  customer.answer({});
  customer.dispatcher->publish("acme", snapglyph::QrScanned::sample());
  customer.run(1s);
  CHECK_FALSE(customer.now().failing);
  CHECK(customer.world.observer->count(NoticeKind::endpoint_recovered) == 1);
  // "Events may be delivered more than once during retries. Implement idempotency using
  // X-Snapglyph-Delivery"
  for (std::size_t i = 1; i < 6; ++i)
    CHECK(customer.arrivals()[i].header("X-Snapglyph-Delivery") ==
          customer.arrivals()[0].header("X-Snapglyph-Delivery"));
  // "Click Delete. Confirm deletion"
  CHECK(calls.remove("acme", customer.webhook.id) == EndpointOutcome::ok);
  CHECK(calls.list("acme").rows.empty());
  CHECK(customer.dispatcher->publish("acme", snapglyph::QrScanned::sample()).publication() ==
        Publication::nobody_listening);
}
