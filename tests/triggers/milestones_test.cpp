// campaign.threshold.met and domain.verification.complete, as a shortener publishes them.

#include "hookwright/triggers/milestones.hpp"

#include <string>
#include <vector>

#include "dispatcher/world.hpp"
#include "hookwright/error.hpp"
#include "hookwright/events/hypersnap.hpp"

using namespace dispatcher_test;
using triggers::DomainStep;

namespace {

struct Product : World {
  explicit Product(StoreKind kind) : World(kind) {}

  Options options() {
    Options options = World::options();
    options.catalog = hypersnap::catalog();
    options.default_profile = "hypersnap";
    return options;
  }
};

// One click of a campaign: what the product does after counting it.
Stored count_click(Dispatcher& dispatcher, std::int64_t count, std::int64_t quota) {
  if (!triggers::threshold_met(static_cast<std::uint64_t>(count),
                               static_cast<std::uint64_t>(quota))) {
    return Stored::no;
  }
  const hypersnap::CampaignThresholdMet event{
      .campaign_id = "7", .campaign = "Summer", .threshold = quota, .clicks = count};
  return dispatcher
      .publish("acme", event,
               {.latch = triggers::threshold_crossing("7", static_cast<std::uint64_t>(quota))})
      .wait(1s);
}

Stored verify(Dispatcher& dispatcher, std::string_view domain, DomainStep step) {
  const hypersnap::DomainVerificationComplete event{.domain = std::string(domain)};
  return dispatcher.publish("acme", event, {.latch = triggers::domain_verified(domain, step)})
      .wait(1s);
}

}  // namespace

TEST_CASE("a threshold is met by the first count that exceeds it, and not by an equal one") {
  CHECK_FALSE(triggers::threshold_met(9'999, 10'000));
  CHECK_FALSE(triggers::threshold_met(10'000, 10'000));
  CHECK(triggers::threshold_met(10'001, 10'000));
  CHECK_FALSE(triggers::threshold_met(0, 0));
  CHECK(triggers::threshold_met(1, 0));
}

TEST_CASE("campaign.threshold.met fires once for each crossing, over restarts") {
  Product world(GENERATE(from_range(store_kinds())));
  std::int64_t count = 0;
  for (int process = 0; process < 4; ++process) {
    Dispatcher dispatcher(world.options());
    if (process == 0)
      subscribe(world, dispatcher, "acme", spec_for("a.example.com", {"campaign.threshold.met"}));
    for (int click = 0; click < 7; ++click) {
      ++count;
      const Stored stored = count_click(dispatcher, count, 10);
      CHECK(stored == (count < 11 ? Stored::no : count == 11 ? Stored::yes : Stored::duplicate));
      // Raised, the quota is another one.
      if (count > 20) count_click(dispatcher, count, 20);
    }
    world.run(dispatcher, 1s);
  }
  const std::vector<Arrival> arrivals = world.net->to("a.example.com");
  REQUIRE(arrivals.size() == 2);
  CHECK_THAT(*arrivals[0].body, Catch::Matchers::Contains(R"("threshold":10,"clicks":11})"));
  CHECK_THAT(*arrivals[1].body, Catch::Matchers::Contains(R"("threshold":20,"clicks":21})"));
}

TEST_CASE("a crossing that a crash left out is made up for by the next count") {
  Product world(GENERATE(from_range(store_kinds())));
  Dispatcher dispatcher(world.options());
  subscribe(world, dispatcher, "acme", spec_for("a.example.com"));
  CHECK(count_click(dispatcher, 10, 10) == Stored::no);  // 11 was counted, and the process killed
  CHECK(count_click(dispatcher, 12, 10) == Stored::yes);
  CHECK(count_click(dispatcher, 13, 10) == Stored::duplicate);
}

TEST_CASE("domain.verification.complete fires when the second of two steps is recorded") {
  Product world(GENERATE(from_range(store_kinds())));
  const bool dns_first = GENERATE(true, false);
  const DomainStep first =
      dns_first ? DomainStep::dns_validated : DomainStep::certificate_provisioned;
  const DomainStep second =
      dns_first ? DomainStep::certificate_provisioned : DomainStep::dns_validated;
  {
    Dispatcher dispatcher(world.options());
    subscribe(world, dispatcher, "acme", spec_for("a.example.com"));
    CHECK(verify(dispatcher, "go.acme.io", first) == Stored::recorded);
    CHECK(verify(dispatcher, "other.acme.io", second) == Stored::recorded);
  }
  {
    Dispatcher dispatcher(world.options());
    CHECK(verify(dispatcher, "go.acme.io", first) == Stored::recorded);
    world.run(dispatcher, 1s);
    CHECK(world.net->arrivals().empty());
    CHECK(verify(dispatcher, "go.acme.io", second) == Stored::yes);
  }
  Dispatcher dispatcher(world.options());
  CHECK(verify(dispatcher, "go.acme.io", second) == Stored::duplicate);
  CHECK(verify(dispatcher, "go.acme.io", first) == Stored::duplicate);
  world.run(dispatcher, 1s);
  REQUIRE(world.net->arrivals().size() == 1);
  CHECK_THAT(*world.net->arrivals()[0].body, Catch::Matchers::Contains("\"go.acme.io\""));
}

TEST_CASE("milestones need a name") {
  CHECK_THROWS_AS(triggers::threshold_crossing("", 1), ConfigError);
  CHECK_THROWS_AS(triggers::threshold_crossing(std::string(129, 'c'), 1), ConfigError);
  CHECK_THROWS_AS(triggers::domain_verified("", DomainStep::dns_validated), ConfigError);
  CHECK_THROWS_AS(triggers::domain_verified(std::string(201, 'c'), DomainStep::dns_validated),
                  ConfigError);
  CHECK_NOTHROW(triggers::threshold_crossing(std::string(128, 'c'), ~std::uint64_t{0}));
}
