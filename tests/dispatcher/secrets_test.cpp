// Where secrets are, and where they are not.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "dispatcher/world.hpp"
#include "hookwright/error.hpp"

using namespace dispatcher_test;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string secret_text = "whsec_planted_4711_in_the_open_field";
const std::string standard_text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

EndpointSpec planted(const std::string& host = "a.example.com") {
  EndpointSpec spec = spec_for(host);
  spec.secret = Secret(secret_text);
  spec.standard_secret = Secret(standard_text);
  return spec;
}

std::vector<StoredEndpoint> records(const Storage& storage) {
  const std::unique_ptr<Store> store = storage.make();
  if (store->open({.name = "reader"}, TimePoint{}).status.ok()) {
    return store->find({.kind = RecordKind::endpoints, .limit = 100}).endpoints;
  }
  return {};
}

bool holds(const std::string& bytes, const std::string& text) {
  return bytes.find(text) != std::string::npos;
}

SealingKey key(std::string id) {
  return {.id = std::move(id), .key = Sealing::generate_key()};
}

}  // namespace

#ifdef HOOKWRIGHT_TEST_SQLITE

TEST_CASE("a durable store wants to be told how secrets lie in it") {
  World world(StoreKind::sqlite);
  Options options = world.options();
  options.sealing.reset();
  CHECK_THROWS_WITH(Dispatcher(std::move(options)), ContainsSubstring("options.sealing"));
  World memory;
  options = memory.options();
  options.sealing.reset();
  CHECK_NOTHROW(Dispatcher(std::move(options)));
}

#endif

TEST_CASE("sealed secrets sign as before, over restarts, and are not in the records") {
  World world(GENERATE(from_range(store_kinds())));
  const SealingKey first = key("first");
  Endpoint endpoint;
  {
    Options options = world.options();
    options.sealing = Sealing({first});
    Dispatcher dispatcher(std::move(options));
    endpoint = subscribe(dispatcher, "acme", planted());
    dispatcher.publish("acme", Numbered{.n = 1});
    world.run(dispatcher, 1s);
  }
  for (const StoredEndpoint& stored : records(world.storage)) {
    CHECK_FALSE(holds(stored.details, secret_text));
    CHECK_FALSE(holds(stored.details, standard_text));
    CHECK(holds(stored.details, "first"));
  }
  {
    Options options = world.options();
    options.sealing = Sealing({key("second"), first});
    Dispatcher dispatcher(std::move(options));
    dispatcher.publish("acme", Numbered{.n = 1});
    world.run(dispatcher, 1s);
    const std::vector<Arrival> arrivals = world.net->arrivals();
    REQUIRE(arrivals.size() == 2);
    CHECK(arrivals[0].header("X-Test-Signature") != "(none)");
    CHECK(look_up(dispatcher, endpoint).secrets[0] == Secret(secret_text));
    // Sealed anew with the next change, and the old key may go.
    dispatcher.endpoints().pause("acme", endpoint.id);
  }
  for (const StoredEndpoint& stored : records(world.storage)) {
    CHECK(holds(stored.details, "second"));
    CHECK_FALSE(holds(stored.details, "first"));
  }
}

#ifdef HOOKWRIGHT_TEST_SQLITE

TEST_CASE("a key that is missing is said at the start, by its name") {
  World world(StoreKind::sqlite);
  {
    Options options = world.options();
    options.sealing = Sealing({key("lost-key")});
    Dispatcher dispatcher(std::move(options));
    subscribe(dispatcher, "acme", planted());
  }
  for (const Sealing& other : {Sealing({key("another")}), Sealing::none()}) {
    Options options = world.options();
    options.sealing = other;
    CHECK_THROWS_WITH(Dispatcher(std::move(options)),
                      ContainsSubstring("options.sealing") && ContainsSubstring("lost-key"));
  }
}

TEST_CASE("secrets that were stored in the clear are read, and sealed with the next change") {
  World world(StoreKind::sqlite);
  Endpoint endpoint;
  {
    Dispatcher dispatcher(world.options());
    endpoint = subscribe(dispatcher, "acme", planted());
  }
  CHECK(holds(records(world.storage).at(0).details, secret_text));
  Options options = world.options();
  options.sealing = Sealing({key("first")});
  {
    Dispatcher dispatcher(std::move(options));
    CHECK(look_up(dispatcher, endpoint).secrets[0] == Secret(secret_text));
    dispatcher.endpoints().update("acme", endpoint.id, spec_for("a.example.com"));
    CHECK(look_up(dispatcher, endpoint).secrets[0] == Secret(secret_text));
  }
  CHECK_FALSE(holds(records(world.storage).at(0).details, secret_text));
}

#endif

TEST_CASE("a secret under 16 bytes is refused, and one that can be guessed is warned of") {
  World world;
  Dispatcher dispatcher(world.options());
  EndpointSpec spec = spec_for("a.example.com");
  spec.secret = Secret("fifteen bytes..");
  CHECK_THROWS_WITH(dispatcher.endpoints().create("acme", spec),
                    ContainsSubstring("endpoint.secret") && !ContainsSubstring("fifteen"));
  spec.secret = Secret("whsec_your_signing_secret");
  const EndpointResult weak = dispatcher.endpoints().create("acme", spec);
  CHECK(weak.ok());
  CHECK(weak.weak_secret);
  dispatcher.publish("acme", Numbered{.n = 1});
  world.run(dispatcher, 1s);
  CHECK(dispatcher.metrics().delivered == 1);
  spec.secret.reset();
  const EndpointResult made = dispatcher.endpoints().create("acme", spec);
  CHECK(made.ok());
  CHECK_FALSE(made.weak_secret);
  CHECK_FALSE(made.endpoint.secrets[0].looks_weak());
}

#ifdef HOOKWRIGHT_TEST_SQLITE

TEST_CASE("nothing that the library ever wrote holds a secret") {
  World world(StoreKind::sqlite);
  std::string written;
  const auto note = [&written](const auto&... texts) {
    ((written += texts, written += '\n'), ...);
  };
  {
    Options options = world.options();
    options.sealing = Sealing({key("first")});
    Dispatcher dispatcher(std::move(options));
    const Endpoint endpoint = subscribe(dispatcher, "acme", planted());
    subscribe(dispatcher, "acme", planted("b.example.com"));
    world.net->answer("a.example.com", SimulatedAnswer{.status = 500, .latency = 0ms});
    world.net->answer("b.example.com", SimulatedAnswer{.fault = Fault::refused});
    for (int n = 0; n < 20; ++n) dispatcher.publish("acme", Numbered{.n = n});
    world.run(dispatcher, 1h);
    EndpointSpec wrong = planted();
    const auto complain = [&](auto change) {
      EndpointSpec spec = planted();
      change(spec);
      try {
        dispatcher.endpoints().create("acme", spec);
      } catch (const std::exception& error) {
        note(error.what());
      }
    };
    complain([](EndpointSpec& s) { s.url = "nonsense"; });
    complain([](EndpointSpec& s) { s.profile = "nonsense"; });
    complain([](EndpointSpec& s) { s.standard_secret = Secret(secret_text); });
    complain([](EndpointSpec& s) { s.headers = {{"Host", secret_text}}; });
    complain([](EndpointSpec& s) { s.headers = {{"X-A", secret_text + "\r\n"}}; });
    CHECK(written.size() > 200);
    for (const AttemptReport& report : world.observer->attempts) {
      note(report.detail, report.address, report.attempt.excerpt, report.tenant, report.type);
    }
    for (const Notice& notice : world.observer->notices) note(notice.tenant, notice.type);
    for (const std::string& trouble : world.observer->troubles) note(trouble);
    for (const Arrival& arrival : world.net->arrivals()) {
      note(arrival.url, *arrival.body);
      for (const Header& header : arrival.headers) note(header.name, header.value);
    }
    // While it is open: the WAL and its index too.
    for (const auto& file : std::filesystem::directory_iterator(world.storage.folder())) {
      std::ifstream in(file.path(), std::ios::binary);
      written.append(std::istreambuf_iterator<char>(in), {});
    }
  }
  for (const auto& file : std::filesystem::directory_iterator(world.storage.folder())) {
    std::ifstream in(file.path(), std::ios::binary);
    written.append(std::istreambuf_iterator<char>(in), {});
  }
  CHECK(written.size() > 100'000);
  CHECK(holds(written, "a.example.com"));  // the search would find it
  CHECK_FALSE(holds(written, secret_text));
  CHECK_FALSE(holds(written, secret_text.substr(6)));
  CHECK_FALSE(holds(written, standard_text));
  CHECK_FALSE(holds(written, standard_text.substr(6)));
}

#endif
