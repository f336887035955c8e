// Bad input gets a clear error at once and changes nothing.

#include <functional>
#include <string>
#include <vector>

#include "dispatcher/world.hpp"
#include "hookwright/error.hpp"
#include "hookwright/events/snipy.hpp"

using namespace dispatcher_test;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr std::string_view hidden = "hush-hush-4711";

struct Complaint {
  std::string field{};
  std::string text{};
};

// What create() says of this; and proves that update() says the same, and that neither changed
// anything.
Complaint complaint(const std::function<void(EndpointSpec&)>& spoil) {
  World world;
  Dispatcher dispatcher(world.options());
  EndpointSpec good = spec_for("good.example.com");
  good.uid = "good";
  const Endpoint existing = subscribe(dispatcher, "acme", good);
  EndpointSpec bad = good;
  bad.uid = "bad";
  spoil(bad);

  Complaint complaint;
  try {
    (void)dispatcher.endpoints().create("acme", bad);
  } catch (const ConfigError& error) {
    complaint = {error.field(), error.what()};
  }
  if (complaint.field.empty()) return complaint;
  CHECK_THAT(complaint.text, !ContainsSubstring(std::string(hidden)));
  CHECK_THROWS_AS(dispatcher.endpoints().update("acme", existing.id, bad), ConfigError);

  CHECK(look_up(dispatcher, existing).version == existing.version);
  CHECK(dispatcher.endpoints().list("acme").rows.size() == 1);
  CHECK_FALSE(dispatcher.endpoints().find_uid("acme", "bad"));
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 1s);
  CHECK(world.net->arrivals().size() == 1);
  CHECK(world.net->arrivals()[0].url == "https://good.example.com/hook");
  return complaint;
}

void check_field(const std::string& field, const std::string& shown,
                 const std::function<void(EndpointSpec&)>& spoil) {
  CAPTURE(field, shown);
  const Complaint said = complaint(spoil);
  CHECK_THAT(said.field, Catch::Matchers::StartsWith(field));
  CHECK_THAT(said.text, ContainsSubstring(shown));
}

Header header(std::string name, std::string value) {
  return Header{std::move(name), std::move(value)};
}

}  // namespace

TEST_CASE("a URL that the policy forbids, or that is none, is refused at registration") {
  for (const std::string url :
       {"http://example.com/", "ftp://example.com/", "https://", "https:/example.com/", "", "x",
        "https://user@example.com/", "https://example.com/#part", "https://exa mple.com/",
        "https://localhost/", "https://127.0.0.1/", "https://[::1]/", "https://2130706433/",
        "https://example.com:99999/", "https://example.com:22/", "https://example.com/a\r\nb",
        "https://metadata.google.internal/",
        "https://b\xC3\xBC"
        "cher.example/"}) {
    CAPTURE(url);
    CHECK(complaint([&](EndpointSpec& spec) { spec.url = url; }).field == "endpoint.url");
  }
  CHECK_THAT(complaint([](EndpointSpec& spec) { spec.url = "http://example.com/"; }).text,
             ContainsSubstring("https"));
}

TEST_CASE("http is for development only") {
  World world;
  Options options = world.options();
  options.egress = EgressPolicy::development();
  Dispatcher dispatcher(std::move(options));
  EndpointSpec spec = spec_for("x");
  spec.url = "http://127.0.0.1:8080/hook";
  subscribe(dispatcher, "acme", spec);
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 1s);
  REQUIRE(world.net->arrivals().size() == 1);
  CHECK(world.net->arrivals()[0].url == "http://127.0.0.1:8080/hook");
}

TEST_CASE("a subscription names types that exist") {
  check_field("endpoint.events", "", [](EndpointSpec& spec) { spec.events.clear(); });
  check_field("endpoint.events", "", [](EndpointSpec& spec) { spec.events = {""}; });
  check_field("endpoint.events", "test.unknown", [](EndpointSpec& spec) {
    spec.events = {"test.numbered", "test.unknown"};
  });
  check_field("endpoint.events", "Test.Numbered",
              [](EndpointSpec& spec) { spec.events = {"Test.Numbered"}; });
  check_field("endpoint.events", "unheard.*",
              [](EndpointSpec& spec) { spec.events = {"unheard.*"}; });
  for (const std::string pattern :
       {"test.", "test.*.kind", "**", "te*", ".*", "test..*", "test .*"}) {
    check_field("endpoint.events", pattern, [&](EndpointSpec& spec) { spec.events = {pattern}; });
  }
}

TEST_CASE("an endpoint of a family can't subscribe to another family's type") {
  World world;
  Options options = world.options();
  options.catalog.join(snipy::catalog());
  Dispatcher dispatcher(std::move(options));
  EndpointSpec spec = spec_for("a.example.com", {"link.clicked"});
  spec.profile = "snapglyph";
  CHECK_THROWS_AS(dispatcher.endpoints().create("acme", spec), ConfigError);
  spec.profile = "snipy";
  CHECK(dispatcher.endpoints().create("acme", spec).ok());
}

TEST_CASE("a header's name and value are checked, and its value is not shown") {
  const std::string value(hidden);
  check_field("endpoint.headers", "",
              [&](EndpointSpec& spec) { spec.headers = {header("X-Env\r\nHost", value)}; });
  check_field("endpoint.headers", "X-Env", [&](EndpointSpec& spec) {
    spec.headers = {header("X-Env", value + "\r\nX-Forged: 1")};
  });
  check_field("endpoint.headers", "X-Env", [&](EndpointSpec& spec) {
    spec.headers = {header("X-Env", value + std::string(1, '\0'))};
  });
  check_field("endpoint.headers", "X-Env",
              [&](EndpointSpec& spec) { spec.headers = {header("X-Env", value + "\x7F")}; });
  check_field("endpoint.headers", "",
              [&](EndpointSpec& spec) { spec.headers = {header("", value)}; });
  check_field("endpoint.headers", "Content-Type",
              [&](EndpointSpec& spec) { spec.headers = {header("Content-Type", value)}; });
  check_field("endpoint.headers", "X-Test-Signature",
              [&](EndpointSpec& spec) { spec.headers = {header("X-Test-Signature", value)}; });
  check_field("endpoint.headers", "", [&](EndpointSpec& spec) {
    for (int i = 0; i < 21; ++i) spec.headers.push_back(header("X-" + std::to_string(i), value));
  });
}

TEST_CASE("a secret that can't be one is refused without being shown") {
  CHECK_THROWS_AS(Secret(""), ConfigError);
  check_field("endpoint.standard_secret", "", [](EndpointSpec& spec) {
    spec.standard_secret = Secret("whsec_" + std::string(hidden));
  });
  check_field("endpoint.secret", "", [](EndpointSpec& spec) {
    Secret given(hidden);
    const Secret taken = std::move(given);
    spec.secret = given;  // NOLINT(bugprone-use-after-move): which leaves nothing, on purpose
  });

  World world;
  Dispatcher dispatcher(world.options());
  EndpointSpec spec = spec_for("a.example.com");
  spec.profile = "standard_webhooks";
  spec.secret = Secret(hidden);
  try {
    (void)dispatcher.endpoints().create("acme", spec);
    FAIL("a secret that is no base64 was taken for Standard Webhooks");
  } catch (const ConfigError& error) {
    CHECK(error.field() == "endpoint.secret");
    CHECK_THAT(error.what(), !ContainsSubstring(std::string(hidden)));
  }
  CHECK(dispatcher.endpoints().list("acme").rows.empty());
}

TEST_CASE("an endpoint's profile, description and own name have bounds") {
  World world;
  Dispatcher dispatcher(world.options());
  EndpointSpec spec = spec_for("a.example.com");
  spec.profile = "nonesuch";
  try {
    (void)dispatcher.endpoints().create("acme", spec);
    FAIL("an unknown profile was taken");
  } catch (const ConfigError& error) {
    CHECK(error.field() == "endpoint.profile");
    CHECK_THAT(error.what(), ContainsSubstring("nonesuch"));
  }
  check_field("endpoint.description", "",
              [](EndpointSpec& s) { s.description = std::string(1'025, 'd'); });
  check_field("endpoint.uid", "", [](EndpointSpec& s) { s.uid = std::string(10'000, 'u'); });
}

TEST_CASE("a tenant is 1 to 128 bytes, everywhere") {
  World world;
  Dispatcher dispatcher(world.options());
  const EndpointSpec spec = spec_for("a.example.com");
  const std::string longest(128, 't');
  CHECK(dispatcher.endpoints().create(longest, spec).ok());
  CHECK(dispatcher.publish(longest, Numbered{.n = 1}).queued());
  for (const std::string& tenant : {std::string(), std::string(129, 't')}) {
    CHECK_THROWS_AS(dispatcher.publish(tenant, Numbered{.n = 1}), ConfigError);
    CHECK_THROWS_AS(dispatcher.publish_all(tenant, Numbered{.n = 1}), ConfigError);
    CHECK_THROWS_AS(dispatcher.publish(tenant, encode(Numbered{}, TimePoint{})), ConfigError);
    CHECK_THROWS_AS(dispatcher.endpoints().create(tenant, spec), ConfigError);
  }
  world.run(dispatcher, 1s);
  CHECK(world.net->numbers("a.example.com") == numbers_from(1, 1));
}

TEST_CASE("a type that the catalogue lacks can't be published") {
  World world;
  Dispatcher dispatcher(world.options());
  subscribe(dispatcher, "acme", "a.example.com");
  try {
    dispatcher.publish("acme", snipy::LinkClicked::sample());
    FAIL("an unknown type was published");
  } catch (const ConfigError& error) {
    CHECK_THAT(error.what(), ContainsSubstring("link.clicked"));
  }
  CHECK_THROWS_AS(dispatcher.publish("acme", encode(snipy::LinkClicked::sample(), TimePoint{})),
                  ConfigError);
  CHECK_THROWS_AS(
      dispatcher.publish("acme", DynamicEvent{.type = "unheard.of", .data = "{}", .family = {}}),
      ConfigError);
  // The same type in another family is another type.
  CHECK_THROWS_AS(
      dispatcher.publish("acme",
                         DynamicEvent{.type = "test.numbered", .data = "{}", .family = "snipy"}),
      ConfigError);
  CHECK(dispatcher.metrics().published == 0);
}
