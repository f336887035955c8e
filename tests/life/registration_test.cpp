// Limits, the handshake, versions, and the rotation of secrets.

#include <set>

#include "dispatcher/flaky_store.hpp"
#include "hookwright/error.hpp"
#include "hookwright/verifier.hpp"
#include "life/life.hpp"

using namespace life_test;

namespace {

Profile with_handshake() {
  Profile profile = like(profiles::hypersnap());
  profile.active_endpoints_max = 2;
  return profile;
}

std::string token_in(const std::string& body) {
  const std::string before = "\"challenge_token\":\"";
  const auto at = body.find(before);
  if (at == std::string::npos) return {};
  const auto from = at + before.size();
  return body.substr(from, body.find('"', from) - from);
}

// Answers every challenge with what `echo` makes of it.
void echo(Life& life, std::function<std::string(const std::string&)> made) {
  life.world.net->answer(host, [made = std::move(made)](const Arrival& arrival) {
    const std::string token = token_in(*arrival.body);
    return SimulatedAnswer{.body = token.empty() ? "" : made(token)};
  });
}

}  // namespace

TEST_CASE("an endpoint is active once its receiver has echoed the challenge") {
  Life life(with_handshake(), GENERATE(from_range(store_kinds())));
  const std::string form = GENERATE("@", " @\r\n", R"({"challenge_token":"@"})",
                                    R"([1,{"a":[true,null,"@"]}])", R"("@")");
  CAPTURE(form);
  echo(life, [&](const std::string& token) {
    std::string body = form;
    return body.replace(body.find('@'), 1, token);
  });
  life.subscribe_one();
  CHECK(life.endpoint.status == Status::unverified);
  life.publish(1);  // too early
  life.run(1s);
  CHECK(life.now().status == Status::active);
  life.publish(2);
  life.run(1s);
  const auto arrivals = life.world.net->to(host);
  REQUIRE(arrivals.size() == 2);
  CHECK(arrivals[0].body->starts_with(R"({"event":"webhook.verification","timestamp":")"));
  CHECK(arrivals[0].header("x-hypersnap-signature").size() == 64);
  CHECK(arrivals[0].allowed == 3s);
  CHECK(arrivals[1].n() == 2);
  const Recovered early =
      life.endpoints().recover("acme", life.endpoint.id, Recovery::missing_since({}));
  CHECK(early.sent == 1);  // it was skipped, and stored
  life.run(1s);
  CHECK(life.numbers().back() == 1);
  const auto history = life.endpoints().attempts("acme", life.endpoint.id).rows;
  REQUIRE(history.size() == 3);
  CHECK(history[2].purpose == Purpose::handshake);
  CHECK(history[2].excerpt.empty());  // it held the token
  life.check_sums();
}

TEST_CASE("a handshake whose answer of the store got lost is in the history once") {
  World world(StoreKind::memory);
  const auto trouble = std::make_shared<Trouble>();
  Options options = world.options(with_handshake());
  options.store = std::make_unique<FlakyStore>(std::move(options.store), trouble);
  Dispatcher first(std::move(options));
  world.net->answer(host, [](const Arrival& arrival) {
    return SimulatedAnswer{.latency = 100ms, .body = token_in(*arrival.body)};
  });
  const Endpoint endpoint = subscribe(first, "acme", host);
  trouble->commit = Trouble::Kind::unknown_and_done;
  trouble->times = 1;
  for (int n = 0; n < 100 && trouble->failed == 0; ++n) first.run_until(world.clock->wall() + 10ms);
  REQUIRE(trouble->failed == 1);
  Dispatcher second(world.options(with_handshake()));  // it knows, and changes it
  REQUIRE(look_up(second, endpoint).status == Status::active);
  REQUIRE(second.endpoints().pause("acme", endpoint.id).ok());
  world.run(first, 10s);
  CHECK(first.endpoints().attempts("acme", endpoint.id).rows.size() == 1);
  CHECK(look_up(first, endpoint).status == Status::paused);
  CHECK(look_up(first, endpoint).verified);
}

TEST_CASE("no echo, no events; the user tries again, with another token") {
  Life life(with_handshake(), GENERATE(from_range(store_kinds())));
  std::vector<std::string> tokens;
  echo(life, [&](const std::string& token) {
    tokens.push_back(token);
    const std::string& earlier = tokens.front();
    if (tokens.size() == 1) return std::string("hello");
    if (tokens.size() == 2) return earlier;                  // one use
    if (tokens.size() == 3) return "x" + token;              // not the whole body
    if (tokens.size() == 4) return "{\"" + token + "\":1}";  // a key is no string value
    return token;
  });
  life.subscribe_one();
  life.run(1s);
  CHECK(life.now().status == Status::unverified);
  for (int n = 2; n <= 4; ++n) {
    const Trial trial = life.endpoints().verify("acme", life.endpoint.id);
    CHECK(trial.outcome == EndpointOutcome::ok);
    CHECK_FALSE(trial.accepted);
    CHECK(trial.attempt.status == 200);
    CHECK(life.now().status == Status::unverified);
  }
  REQUIRE(life.endpoints().enable("acme", life.endpoint.id).ok());  // is no way around it
  life.run(1s);
  CHECK(life.now().status == Status::active);  // since the fifth was echoed
  CHECK(std::set<std::string>(tokens.begin(), tokens.end()).size() == 5);
  for (const std::string& token : tokens) CHECK(token.size() >= 40);
}

TEST_CASE("another URL is asked anew, and gets nothing before it answers") {
  Life life(with_handshake(), GENERATE(from_range(store_kinds())));
  echo(life, [](const std::string& token) { return token; });
  life.subscribe_one();
  life.run(1s);
  REQUIRE(life.now().status == Status::active);
  EndpointSpec spec = spec_for("b.example.com");
  REQUIRE(life.endpoints().update("acme", life.endpoint.id, spec).ok());
  life.run(1s);  // b knows nothing of challenges
  CHECK(life.now().status == Status::unverified);
  life.publish(1);
  life.run(1s);
  CHECK(life.world.net->numbers("b.example.com") == std::vector<std::int64_t>{-1});
  spec.url = life.endpoint.url;
  spec.description = "back again";
  REQUIRE(life.endpoints().update("acme", life.endpoint.id, spec).ok());
  life.run(1s);
  CHECK(life.now().status == Status::active);
}

TEST_CASE("the limit of active endpoints holds for handshakes that end at once") {
  Life life(with_handshake(), GENERATE(from_range(store_kinds())));
  echo(life, [](const std::string& token) { return token; });
  std::vector<Endpoint> made;
  for (int i = 0; i < 4; ++i) made.push_back(subscribe(*life.dispatcher, "acme", host));
  life.run(1s);
  std::size_t active = 0;
  for (const Endpoint& one : made)
    active += look_up(*life.dispatcher, one).status == Status::active ? 1U : 0U;
  CHECK(active == 2);
  for (const Endpoint& one : made) {
    if (look_up(*life.dispatcher, one).status == Status::active) continue;
    const Trial trial = life.endpoints().verify("acme", one.id);
    CHECK(trial.outcome == EndpointOutcome::over_limit);
    CHECK(trial.accepted);
  }
  for (const Endpoint& one : made) {
    if (look_up(*life.dispatcher, one).status != Status::active) continue;
    REQUIRE(life.endpoints().disable("acme", one.id).ok());
    break;
  }
  CHECK(life.endpoints().verify("acme", made.back().id).outcome == EndpointOutcome::ok);
  CHECK(look_up(*life.dispatcher, made.back()).status == Status::active);
}

TEST_CASE(
    "strangers are not asked without end: so many may be unverified, whatever is done to them") {
  Profile profile = with_handshake();
  profile.active_endpoints_max = 0;
  profile.unverified_endpoints_max = 3;
  Life life(profile, GENERATE(from_range(store_kinds())));
  const auto outcome_at = [&](const std::string& where) {
    const EndpointResult result = life.endpoints().create("acme", spec_for(where));
    if (result.ok()) life.endpoint = result.endpoint;
    return result.outcome;
  };
  echo(life, [](const std::string& token) { return token; });
  for (int i = 0; i < 5; ++i) {  // each has echoed before the next one comes
    CHECK(outcome_at(host) == EndpointOutcome::ok);
    life.run(1s);
  }
  for (int i = 0; i < 3; ++i) CHECK(outcome_at("victim.example.com") == EndpointOutcome::ok);
  CHECK(outcome_at("victim.example.com") == EndpointOutcome::over_limit);
  CHECK(life.endpoints().create("umbrella", spec_for(host)).ok());  // another tenant's are others
  REQUIRE(life.endpoints().pause("acme", life.endpoint.id).ok());   // is no way around it
  REQUIRE(life.endpoints().disable("acme", life.endpoint.id).ok());
  CHECK(outcome_at("victim.example.com") == EndpointOutcome::over_limit);
  life.run(1s);
  CHECK(life.world.net->to("victim.example.com").size() == 3);

  // One that is verified can't move there either, and goes on as it was.
  const Endpoint good = life.endpoints().list("acme").rows.at(0);
  REQUIRE(good.status == Status::active);
  CHECK(life.endpoints().update("acme", good.id, spec_for("victim.example.com")).outcome ==
        EndpointOutcome::over_limit);
  CHECK(look_up(*life.dispatcher, good).url == good.url);
  life.restart();
  CHECK(outcome_at(host) == EndpointOutcome::over_limit);
  CHECK(life.endpoints().remove("acme", life.endpoint.id) == EndpointOutcome::ok);
  CHECK(outcome_at(host) == EndpointOutcome::ok);
  life.run(1s);
  CHECK(outcome_at(host) == EndpointOutcome::ok);
}

TEST_CASE("an edit of an older version changes nothing") {
  Life life(exact_profile(), GENERATE(from_range(store_kinds())));
  life.subscribe_one();
  EndpointSpec mine = spec_for(host);
  mine.description = "mine";
  EndpointSpec theirs = spec_for(host);
  theirs.description = "theirs";
  const std::uint64_t seen = life.now().version;
  REQUIRE(life.endpoints().update("acme", life.endpoint.id, theirs, seen).ok());
  CHECK(life.endpoints().update("acme", life.endpoint.id, mine, seen).outcome ==
        EndpointOutcome::conflict);
  CHECK(life.endpoints().pause("acme", life.endpoint.id, seen).outcome ==
        EndpointOutcome::conflict);
  CHECK(life.endpoints().rotate("acme", life.endpoint.id, {}, 24h, seen).outcome ==
        EndpointOutcome::conflict);
  CHECK(life.endpoints().remove("acme", life.endpoint.id, seen) == EndpointOutcome::conflict);
  CHECK(life.now().description == "theirs");
  CHECK(life.now().version == seen + 1);
  CHECK(life.endpoints().update("acme", life.endpoint.id, mine, seen + 1).ok());
  CHECK(life.now().description == "mine");
}

TEST_CASE("a list says how each endpoint's last attempt went") {
  Life life(exact_profile(), GENERATE(from_range(store_kinds())));
  const Endpoint good = subscribe(*life.dispatcher, "acme", "good.example.com");
  const Endpoint bad = subscribe(*life.dispatcher, "acme", "bad.example.com");
  const Endpoint quiet =
      subscribe(*life.dispatcher, "acme", spec_for("quiet.example.com", {"measured"}));
  life.world.net->answer("bad.example.com", SimulatedAnswer{.status = 503});
  life.publish(1);
  life.run(10min);
  const auto rows = life.endpoints().list("acme").rows;
  REQUIRE(rows.size() == 3);
  REQUIRE(rows[0].last_attempt);
  CHECK(rows[0].last_attempt->result == AttemptResult::delivered);
  CHECK(rows[0].last_attempt->type == "test.numbered");
  REQUIRE(rows[1].last_attempt);
  CHECK(rows[1].last_attempt->status == 503);
  CHECK(rows[1].last_attempt->number == 3);
  CHECK_FALSE(rows[2].last_attempt);
}

TEST_CASE(
    "two secrets sign side by side for as long as was asked, where the header can carry two") {
  Life life(like(profiles::standard_webhooks()), GENERATE(from_range(store_kinds())));
  life.subscribe_one();
  const Secret old = life.now().secrets.front();
  const EndpointResult rotated = life.endpoints().rotate("acme", life.endpoint.id);
  REQUIRE(rotated.ok());
  REQUIRE(rotated.endpoint.secrets.size() == 2);
  CHECK(rotated.endpoint.secrets[1] == old);
  CHECK_FALSE(rotated.endpoint.secrets[0] == old);
  const auto signatures = [&] {
    life.publish(1);
    life.run(1s);
    const std::string header = life.world.net->arrivals().back().header("webhook-signature");
    return 1 + std::count(header.begin(), header.end(), ' ');
  };
  CHECK(signatures() == 2);
  life.run(23h);
  life.restart();
  CHECK(signatures() == 2);
  life.run(1h);
  CHECK(signatures() == 1);
  CHECK(life.now().secrets.size() == 1);
  CHECK(life.now().secrets.front() == rotated.endpoint.secrets.front());
  CHECK_FALSE(life.now().overlap_until);
  REQUIRE(life.endpoints().rotate("acme", life.endpoint.id, {}, 0h).ok());
  CHECK(life.now().secrets.size() == 1);
  CHECK(signatures() == 1);
  CHECK_THROWS_AS(life.endpoints().rotate("acme", life.endpoint.id, {}, 169h), ConfigError);
  CHECK_THROWS_AS(life.endpoints().rotate("acme", life.endpoint.id, {}, -1h), ConfigError);
}

TEST_CASE("where the header carries one signature, the new secret takes over at the end") {
  Life life(like(profiles::snipy()), GENERATE(from_range(store_kinds())));
  EndpointSpec spec = spec_for(host);
  spec.secret = Secret("whsec_the_old_one");
  life.endpoint = subscribe(*life.dispatcher, "acme", spec);
  REQUIRE(life.endpoints().rotate("acme", life.endpoint.id, Secret("whsec_the_new_one"), 48h).ok());
  const Verifier old_one(profiles::snipy().wire, {Secret("whsec_the_old_one")});
  const Verifier new_one(profiles::snipy().wire, {Secret("whsec_the_new_one")});
  const auto passes = [&](const Verifier& verifier) {
    const Arrival arrival = life.world.net->arrivals().back();
    return static_cast<bool>(verifier.verify(arrival.headers, *arrival.body, arrival.wall));
  };
  life.publish(1);
  life.run(47h);
  CHECK(passes(old_one));
  life.publish(2);
  life.run(1s);
  CHECK(passes(old_one));
  CHECK_FALSE(passes(new_one));
  life.run(1h);
  life.publish(3);
  life.run(1s);
  CHECK(passes(new_one));
  CHECK_FALSE(passes(old_one));
}

TEST_CASE("rotating again within the time ends the oldest secret at once") {
  const bool several = GENERATE(true, false);
  Life life(like(several ? profiles::standard_webhooks() : profiles::snipy()),
            GENERATE(from_range(store_kinds())));
  life.subscribe_one();
  const Secret first = life.now().secrets.front();
  REQUIRE(life.endpoints().rotate("acme", life.endpoint.id, {}, 24h).ok());
  const Secret second = life.now().secrets.front();
  life.run(1h);
  REQUIRE(life.endpoints().rotate("acme", life.endpoint.id, {}, 24h).ok());
  const Secret third = life.now().secrets.front();
  CHECK(life.now().secrets == std::vector<Secret>{third, second});
  life.run(23h + 30min);  // the first rotation's time is over, the second's is not
  CHECK(life.now().secrets.size() == 2);
  life.publish(1);
  life.run(1s);
  const Arrival arrival = life.world.net->arrivals().back();
  const auto passes = [&](const Secret& secret) {
    const Verifier verifier(life.profile_.wire, {secret});
    return static_cast<bool>(verifier.verify(arrival.headers, *arrival.body, arrival.wall));
  };
  CHECK_FALSE(passes(first));
  CHECK(passes(second));
  CHECK(passes(third) == several);
}
