// The policy in force at each of the places where it is asked: this host's own addresses, a name's
// answer, a new socket, a kept connection.

#include "transport/border.hpp"

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "catch2.hpp"
#include "hookwright/error.hpp"
#include "policy/egress_rows.hpp"
#include "support/address.hpp"
#include "transport/driver.hpp"
#include "transport/exchange.hpp"
#include "transport/sending.hpp"

using namespace hookwright;
using namespace hookwright::testing;
using transport::Border;
using transport::OwnAddresses;

namespace {

// The development policy but for one address, which stands for the inside.
EgressPolicy all_but(const std::string& range) {
  EgressPolicy policy = EgressPolicy::development();
  policy.deny = {AddressRange(range)};
  return policy;
}

// local(2), which the policy allows, and local(3), which it denies, with the same port.
struct Inside {
  explicit Inside(EgressPolicy policy = all_but(local(3) + "/32")) {
    CurlTransportOptions options;
    options.egress = std::move(policy);
    options.resolver = resolver;
    transport = make_curl_transport(std::move(options));
  }
  Completion send(const std::string& name) {
    return testing::send(*transport, post(outer.url("/", name)));
  }

  Receiver outer{on_address(local(2))};
  Receiver inner{on_address(local(3), outer.port())};
  std::shared_ptr<ScriptedResolver> resolver = std::make_shared<ScriptedResolver>();
  std::unique_ptr<Transport> transport{};
};

}  // namespace

TEST_CASE("this host's own addresses are asked for every few seconds") {
  std::size_t asked = 0;
  std::optional<std::vector<IpAddress>> answer{{address("93.184.216.34"), address("11.0.0.1")}};
  OwnAddresses own([&] {
    ++asked;
    return answer;
  });
  const SteadyTime now{};
  CHECK(!own.refresh(now));
  CHECK(asked == 2);
  for (int i = 0; i < 1000; ++i) CHECK(!own.refresh(now + 4999ms));
  CHECK(asked == 2);

  // The order is none of ours.
  answer = {{address("11.0.0.1"), address("93.184.216.34")}};
  CHECK(!own.refresh(now + 5s));
  answer = {{address("11.0.0.2")}};
  CHECK(!own.refresh(now + 6s));
  CHECK(own.refresh(now + 10s));
  CHECK(own.list() == std::vector<IpAddress>{address("11.0.0.2")});

  // No answer is not an answer.
  answer.reset();
  CHECK(!own.refresh(now + 15s));
  CHECK(own.list() == std::vector<IpAddress>{address("11.0.0.2")});
}

TEST_CASE("without this host's addresses there is no transport that would need them") {
  const auto silent = [] { return std::optional<std::vector<IpAddress>>{}; };
  try {
    const Border border(EgressPolicy::production(), silent);
    FAIL("made");
  } catch (const ConfigError& error) {
    CHECK(error.field() == "transport.egress");
  }
  CHECK(Border(EgressPolicy::development(), silent).allows(address("127.0.0.1")));
}

TEST_CASE("the system tells this host's addresses") {
  const auto own = transport::interface_addresses();
  REQUIRE(own);
  CHECK(std::find(own->begin(), own->end(), address("127.0.0.1")) != own->end());
}

TEST_CASE("a border has a generation of its own, and another when this host's addresses change") {
  std::optional<std::vector<IpAddress>> own = std::vector<IpAddress>{};
  Border border(EgressPolicy::production(), [&] { return own; });
  const SteadyTime now{};
  border.refresh(now);
  std::set<std::uint64_t> generations = {border.generation()};
  CHECK(border.allows(address("93.184.216.34")));
  own = {{address("93.184.216.34")}};
  border.refresh(now + 1s);
  CHECK(border.allows(address("93.184.216.34")));
  generations.insert(border.generation());
  CHECK(generations.size() == 1);
  border.refresh(now + 6s);
  CHECK(!border.allows(address("93.184.216.34")));
  CHECK(!border.allows(address("::ffff:93.184.216.34")));
  generations.insert(border.generation());
  generations.insert(Border(EgressPolicy::production()).generation());
  generations.insert(Border(EgressPolicy::production()).generation());
  CHECK(generations.size() == 4);
}

TEST_CASE("a policy that can't be meant makes no transport") {
  CurlTransportOptions options;
  options.resolver = std::make_shared<ScriptedResolver>();
  options.egress.allow = {AddressRange("169.254.169.254/32")};
  CHECK_THROWS_AS(make_curl_transport(options), ConfigError);
}

TEST_CASE("no row of the table that resolves inside gets as far as a socket") {
  CurlTransportOptions options;
  const auto resolver = std::make_shared<ScriptedResolver>();
  options.resolver = resolver;
  const auto transport = make_curl_transport(options);
  std::size_t rows = 0;
  for (const EgressRow& row : egress_rows()) {
    // The last one takes an interface: egress/.
    if (row.verdict != "C" || row.number == 126) continue;
    DYNAMIC_SECTION("row " << row.number << ": " << row.url) {
      Resolution resolution;
      resolution.status = ResolveStatus::resolved;
      resolution.addresses = row.lookups.back();
      const Url url = parse_url(row.url, EgressPolicy::production());
      resolver->set(url.host, resolution);
      Request request = post("https://replaced.example.com/");
      request.url = url;
      const Completion completion = send(*transport, std::move(request));
      CHECK(completion.fault == Fault::blocked);
      CHECK(completion.sends == 0);
      CHECK(completion.address.empty());
    }
    ++rows;
  }
  CHECK(rows == 11);
}

TEST_CASE("a request's URL must be what the grammar makes of it") {
  Inside scene(EgressPolicy::production());
  Request request = post(scene.outer.url("/", "name.example.com"));
  SECTION("http") {}
  SECTION("a port that the policy doesn't allow") {
    request.url = parse_url("https://name.example.com:6379/", EgressPolicy::development());
  }
  SECTION("an address") {
    request.url = parse_url("https://8.8.8.8/", EgressPolicy::development());
  }
  SECTION("an inner name") {
    request.url = parse_url("https://localhost/", EgressPolicy::development());
  }
  SECTION("a host that is not the text's") {
    request.url = parse_url("https://name.example.com/", EgressPolicy::production());
    request.url.host = "other.example.com";
  }
  SECTION("a port that is not the text's") {
    request.url = parse_url("https://name.example.com/", EgressPolicy::production());
    request.url.port = scene.outer.port();
  }
  SECTION("none") {
    request.url = Url{};
  }
  scene.resolver->set("name.example.com", {"93.184.216.34"});
  scene.resolver->set("other.example.com", {"93.184.216.34"});
  const Completion completion = testing::send(*scene.transport, std::move(request));
  CHECK(completion.fault == Fault::blocked);
  CHECK(completion.sends == 0);
  CHECK(scene.resolver->asked() == 0);
}

TEST_CASE("a name that moves inside is refused, kept connection or not, and may come back") {
  Inside scene;
  scene.resolver->set("rebound.test", {local(2)});
  CHECK(scene.send("rebound.test").status == 200);
  for (int i = 0; i < 3; ++i) {
    scene.resolver->set("rebound.test", {local(3)});
    const Completion completion = scene.send("rebound.test");
    CHECK(completion.fault == Fault::blocked);
    CHECK(completion.sends == 0);
    scene.resolver->set("rebound.test", {local(2)});
    CHECK(scene.send("rebound.test").status == 200);
  }
  CHECK(scene.inner.connections() == 0);
  CHECK(scene.outer.connections() == 1);
}

TEST_CASE(
    "an answer that mixes allowed addresses and others is refused, or used with the allowed") {
  const bool allow = GENERATE(false, true);
  EgressPolicy policy = all_but(local(3) + "/32");
  policy.allow_mixed_answers = allow;
  policy.deny.emplace_back("10.0.0.0/8");
  Inside scene(policy);
  scene.resolver->set("mixed.test", {local(3), "10.255.255.1", local(2), local(3)});
  const Completion completion = scene.send("mixed.test");
  CHECK(completion.fault == (allow ? Fault::none : Fault::blocked));
  CHECK(scene.outer.connections() == (allow ? 1 : 0));

  scene.resolver->set("inside.test", {local(3), "10.255.255.1"});
  CHECK(scene.send("inside.test").fault == Fault::blocked);
  CHECK(scene.inner.connections() == 0);
}

// Row 124. By way of the transport it can't come about, since a policy that has changed has another
// generation and so another pool; this is what stands behind that.
TEST_CASE("a kept connection is not used under a policy that became stricter a moment ago") {
  if (!transport::library().asks_before_requests) return;
  Receiver receiver(on_address(local(2)));
  transport::Settings settings;
  settings.library = transport::library();
  settings.border = std::make_shared<Border>(EgressPolicy::development());
  settings.trust = transport::Trust::load(settings.library.openssl_is_ours, "", false);
  settings.pools = std::make_shared<transport::Pools>(settings.library, 10);
  settings.limits = {64 * 1024, 200, 64 * 1024, 4096};
  settings.idle_max = 30s;
  settings.connect_max = 3s;
  transport::Driver driver(settings.library, 10, false);
  transport::Exchange exchange(settings);

  const auto transfer = [&](auto meanwhile) {
    const SteadyTime now = std::chrono::steady_clock::now();
    REQUIRE(exchange.begin(1, post(receiver.url("/", "kept.test")), now));
    exchange.addresses = {address(local(2))};
    REQUIRE(exchange.prepare(now, false));
    meanwhile();
    REQUIRE(driver.add(exchange.handle(), false));
    const SteadyTime patience = in(5s);
    std::optional<transport::Driver::Finished> finished;
    while (!finished && std::chrono::steady_clock::now() < patience) {
      REQUIRE(driver.turn());
      finished = driver.next_finished();
      if (!finished) REQUIRE(driver.wait(10ms));
    }
    REQUIRE(finished);
    driver.remove(exchange.handle(), false);
    return finished->code;
  };

  CHECK(transfer([] {}) == CURLE_OK);
  CHECK(transfer([] {}) == CURLE_OK);
  CHECK(receiver.connections() == 1);
  const CURLcode code = transfer([&] { *settings.border = Border(all_but(local(2) + "/32")); });
  CHECK(code == CURLE_ABORTED_BY_CALLBACK);
  CHECK(exchange.guard.blocked());
  CHECK(exchange.guard.sends() == 0);
  CHECK(exchange.guard.used_kept_connection());
  CHECK(receiver.requests().size() == 2);

  // With the generation that goes with it, a new socket would be opened, and is not.
  CHECK(transfer([] {}) == CURLE_COULDNT_CONNECT);
  CHECK(exchange.guard.blocked());
  CHECK(receiver.connections() == 1);
}
