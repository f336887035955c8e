// What a request looks like, profile by profile, checked with the receivers' own means.

#include <set>
#include <string>
#include <vector>

#include "dispatcher/world.hpp"
#include "hookwright/events/hypersnap.hpp"
#include "hookwright/events/snapglyph.hpp"
#include "hookwright/events/snipy.hpp"
#include "hookwright/verifier.hpp"
#include "hookwright/version.hpp"

using namespace dispatcher_test;

namespace {

// Fits Standard Webhooks; the other is a customer's own, of the kind that Snipy's guide shows.
constexpr std::string_view standard_text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr std::string_view plain_text = "whsec_your_signing_secret";

const Profile& preset(const std::string& name) {
  static const std::vector<Profile> all{profiles::hypersnap(), profiles::snipy(),
                                        profiles::snapglyph(), profiles::standard_webhooks()};
  for (const Profile& profile : all) {
    if (profile.name == name) return profile;
  }
  throw std::logic_error("no such preset");
}

// A world in which `host` answers 500 to each first request, so that everything comes twice.
struct Product {
  explicit Product(const std::string& profile, std::string_view secret) {
    Options options = world.options();
    options.catalog = snipy::catalog();
    options.catalog.join(snapglyph::catalog());
    options.catalog.join(hypersnap::catalog());
    options.default_profile = profile;
    dispatcher.emplace(std::move(options));
    EndpointSpec spec = spec_for("a.example.com");
    spec.secret = Secret(secret);
    endpoint = subscribe(world, *dispatcher, "acme", spec);
    world.net->answer("a.example.com", SimulatedAnswer{.status = 500});
  }

  // The event's requests up to and with the second.
  template <class E>
  std::vector<Arrival> send_twice(const E& event) {
    receipt = dispatcher->publish("acme", event);
    world.run(*dispatcher, 3min);
    std::vector<Arrival> arrivals = world.net->arrivals();
    REQUIRE(arrivals.size() >= 2);
    arrivals.resize(2);
    return arrivals;
  }

  World world{};
  std::optional<Dispatcher> dispatcher{};
  Endpoint endpoint{};
  Receipt receipt{};
};

bool genuine(const std::string& wire, std::string_view secret, const Arrival& arrival,
             TimePoint now) {
  return bool(
      Verifier(preset(wire).wire, {Secret(secret)}).verify(arrival.headers, *arrival.body, now));
}

std::set<std::string> names_of(const Arrival& arrival) {
  std::set<std::string> names;
  for (const Header& header : arrival.headers) {
    CAPTURE(header.name);
    CHECK(names.insert(header.name).second);
  }
  return names;
}

using Names = std::set<std::string>;

}  // namespace

TEST_CASE("HyperSnap: one signature header, and the standard ones where the secret allows") {
  const bool standard = GENERATE(false, true);
  Product product("hypersnap", standard ? standard_text : plain_text);
  const auto arrivals = product.send_twice(hypersnap::LinkClickRegistered::sample());
  for (const Arrival& arrival : arrivals) {
    Names expected{"Content-Type", "User-Agent", "x-hypersnap-signature"};
    if (standard) expected.insert({"webhook-id", "webhook-timestamp", "webhook-signature"});
    CHECK(names_of(arrival) == expected);
    CHECK(genuine("hypersnap", standard ? standard_text : plain_text, arrival, arrival.wall));
    CHECK_FALSE(genuine("hypersnap", "another", arrival, arrival.wall));
    CHECK(arrival.allowed == 3s);
  }
}

TEST_CASE("Snipy: signature, event and delivery, and a body that is the guide's") {
  Product product("snipy", plain_text);
  const auto arrivals = product.send_twice(snipy::LinkClicked::sample());
  for (const Arrival& arrival : arrivals) {
    CHECK(names_of(arrival) == Names{"Content-Type", "User-Agent", "X-Snipy-Signature",
                                     "X-Snipy-Event", "X-Snipy-Delivery"});
    CHECK(arrival.header("Content-Type") == "application/json");
    CHECK(arrival.header("X-Snipy-Event") == "link.clicked");
    CHECK(DeliveryId::parse(arrival.header("X-Snipy-Delivery")));
    CHECK(arrival.header("X-Snipy-Signature").size() == 64);
    CHECK(genuine("snipy", plain_text, arrival, arrival.wall));
    CHECK(arrival.allowed == 10s);
    CHECK(*arrival.body ==
          R"({"event":"link.clicked","timestamp":"2025-01-01T00:00:00Z","data":{"linkId":456,)"
          R"("alias":"my-link","country":"US","city":"San Francisco","browser":"Chrome",)"
          R"("platform":"macOS","referrer":"twitter.com","ip":"203.0.113.1"}})");
  }
  CHECK(*arrivals[0].body == *arrivals[1].body);
  CHECK(arrivals[0].header("X-Snipy-Delivery") == arrivals[1].header("X-Snipy-Delivery"));
  CHECK(arrivals[0].header("X-Snipy-Signature") == arrivals[1].header("X-Snipy-Signature"));
}

TEST_CASE("SnapGlyph: the signature carries its algorithm") {
  Product product("snapglyph", plain_text);
  const auto arrivals = product.send_twice(snapglyph::QrScanned::sample());
  for (const Arrival& arrival : arrivals) {
    CHECK(names_of(arrival) == Names{"Content-Type", "User-Agent", "X-Snapglyph-Signature",
                                     "X-Snapglyph-Event", "X-Snapglyph-Delivery"});
    CHECK_THAT(arrival.header("X-Snapglyph-Signature"), Catch::Matchers::StartsWith("sha256="));
    CHECK(arrival.header("X-Snapglyph-Event") == "qr.scanned");
    CHECK_THAT(arrival.header("X-Snapglyph-Delivery"), Catch::Matchers::StartsWith("del_"));
    CHECK(genuine("snapglyph", plain_text, arrival, arrival.wall));
    CHECK(arrival.allowed == 30s);
  }
  CHECK(arrivals[0].header("X-Snapglyph-Delivery") == arrivals[1].header("X-Snapglyph-Delivery"));
}

TEST_CASE("Standard Webhooks: id and body stay, the timestamp is that of the attempt") {
  Product product("standard_webhooks", standard_text);
  const auto arrivals = product.send_twice(snipy::LinkClicked::sample());
  for (const Arrival& arrival : arrivals) {
    CHECK(names_of(arrival) == Names{"Content-Type", "User-Agent", "webhook-id",
                                     "webhook-timestamp", "webhook-signature"});
    CHECK(arrival.header("webhook-id") == product.receipt.event().text());
    CHECK(arrival.header("webhook-timestamp") ==
          std::to_string(
              std::chrono::floor<std::chrono::seconds>(arrival.wall).time_since_epoch().count()));
    CHECK(genuine("standard_webhooks", standard_text, arrival, arrival.wall));
    CHECK_FALSE(genuine("standard_webhooks", standard_text, arrival, arrival.wall + 10min));
    CHECK(arrival.allowed == 15s);
  }
  CHECK(*arrivals[0].body == *arrivals[1].body);
  CHECK(arrivals[0].header("webhook-timestamp") != arrivals[1].header("webhook-timestamp"));
  CHECK(arrivals[0].header("webhook-signature") != arrivals[1].header("webhook-signature"));
}

TEST_CASE("the standard headers ride along beside a product's own, fresh with each attempt") {
  const std::string profile = GENERATE("hypersnap", "snipy", "snapglyph");
  CAPTURE(profile);
  Product product(profile, standard_text);
  std::vector<Arrival> arrivals;
  if (profile == "hypersnap")
    arrivals = product.send_twice(hypersnap::LinkClickRegistered::sample());
  if (profile == "snipy") arrivals = product.send_twice(snipy::LinkClicked::sample());
  if (profile == "snapglyph") arrivals = product.send_twice(snapglyph::QrScanned::sample());
  for (const Arrival& arrival : arrivals) {
    CHECK(genuine(profile, standard_text, arrival, arrival.wall));
    CHECK(genuine("standard_webhooks", standard_text, arrival, arrival.wall));
    CHECK(arrival.header("webhook-id") == product.receipt.event().text());
  }
  CHECK(arrivals[0].header("webhook-timestamp") != arrivals[1].header("webhook-timestamp"));
}

TEST_CASE("an endpoint may have a secret of its own for the standard headers") {
  World world;
  Options options = world.options();
  options.catalog = snipy::catalog();
  options.default_profile = "snipy";
  Dispatcher dispatcher(std::move(options));
  EndpointSpec spec = spec_for("a.example.com");
  spec.secret = Secret(plain_text);
  spec.standard_secret = Secret(standard_text);
  subscribe(dispatcher, "acme", spec);
  dispatcher.publish("acme", snipy::LinkClicked::sample());
  world.run(dispatcher, 1s);
  REQUIRE(world.net->arrivals().size() == 1);
  const Arrival& arrival = world.net->arrivals()[0];
  CHECK(genuine("snipy", plain_text, arrival, arrival.wall));
  CHECK(genuine("standard_webhooks", standard_text, arrival, arrival.wall));
}

TEST_CASE("a generated secret fits every profile, the standard headers included") {
  const std::string profile = GENERATE("hypersnap", "snipy", "snapglyph", "standard_webhooks");
  CAPTURE(profile);
  World world;
  Options options = world.options();
  options.default_profile = profile;
  Dispatcher dispatcher(std::move(options));
  const Endpoint endpoint = subscribe(dispatcher, "acme", "a.example.com");
  REQUIRE(endpoint.secrets.size() == 1);
  const std::string secret(endpoint.secrets[0].reveal());
  CHECK_THAT(secret, Catch::Matchers::StartsWith("whsec_"));
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 1s);
  REQUIRE(world.net->arrivals().size() == 1);
  const Arrival& arrival = world.net->arrivals()[0];
  CHECK(genuine(profile, secret, arrival, arrival.wall));
  CHECK(genuine("standard_webhooks", secret, arrival, arrival.wall));
}

TEST_CASE("a profile may have ed25519 keys generated; the receiver gets the public half") {
  World world;
  Options options = world.options();
  Profile mine = profiles::standard_webhooks();
  mine.name = "asymmetric";
  mine.wire.generated = SecretKind::ed25519;
  options.profiles.push_back(mine);
  options.default_profile = "asymmetric";
  Dispatcher dispatcher(std::move(options));
  const Endpoint endpoint = subscribe(dispatcher, "acme", "a.example.com");
  const std::optional<std::string> key = endpoint.secrets.at(0).public_key();
  REQUIRE(key);
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 1s);
  REQUIRE(world.net->arrivals().size() == 1);
  const Arrival& arrival = world.net->arrivals()[0];
  CHECK(genuine("standard_webhooks", *key, arrival, arrival.wall));
  CHECK_FALSE(genuine("standard_webhooks", *Secret::generate_ed25519().public_key(), arrival,
                      arrival.wall));
}

TEST_CASE("a request says who sends it and carries the endpoint's own headers") {
  World world;
  Options options = world.options();
  const bool named = GENERATE(false, true);
  if (named) options.user_agent = "acme-hooks/2";
  Dispatcher dispatcher(std::move(options));
  EndpointSpec spec = spec_for("a.example.com");
  spec.headers = {Header{"X-Env", "production"}, Header{"X-Team", "billing"}};
  subscribe(dispatcher, "acme", spec);
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 1s);
  REQUIRE(world.net->arrivals().size() == 1);
  const Arrival& arrival = world.net->arrivals()[0];
  CHECK(arrival.header("User-Agent") ==
        (named ? "acme-hooks/2" : "hookwright/" + std::string(version())));
  CHECK(arrival.header("X-Env") == "production");
  CHECK(arrival.header("X-Team") == "billing");
  CHECK(arrival.header("Content-Type") == "application/json");
}

TEST_CASE("one event to two endpoints is two deliveries of the same bytes") {
  World world;
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");
  subscribe(dispatcher, "acme", "b.example.com");
  dispatcher.publish("acme", Numbered{.n = 1});
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 1s);
  REQUIRE(world.net->arrivals().size() == 4);
  std::set<std::string> deliveries;
  std::set<std::string> events;
  for (const Arrival& arrival : world.net->arrivals()) {
    deliveries.insert(arrival.header("X-Test-Delivery"));
    events.insert(arrival.header("webhook-id"));
    CHECK(*arrival.body == *world.net->arrivals()[0].body);
  }
  CHECK(deliveries.size() == 4);
  CHECK(events.size() == 2);
}
