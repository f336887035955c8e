// What a first program does with hookwright. It must run without a network and without time
// passing.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hookwright/hookwright.hpp"
#include "hookwright/testing/simulated_transport.hpp"
#include "hookwright/testing/virtual_clock.hpp"
#ifdef HOOKWRIGHT_WITH_sqlite
#include "hookwright/stores/sqlite.hpp"
#endif

struct LinkExpired {
  static constexpr std::string_view event_type = "link.expired";
  std::int64_t id = 0;
  std::string alias{};
  void fields(auto& f) const {
    f("id", id);
    f("alias", alias);
  }
};

namespace {

int failures = 0;

void expect(bool holds, const std::string& what) {
  if (holds) return;
  std::cerr << "consumer: expected that " << what << '\n';
  ++failures;
}

void make_ids() {
  hookwright::IdGenerator ids;
  const auto id = ids.next<hookwright::EventId>(hookwright::TimePoint{});
  expect(hookwright::EventId::parse(id.text()) == id, "an id reads back");
}

// An exception's type is only the same on both sides of a shared library if the library exports it.
void catch_error() {
  try {
    throw hookwright::ConfigError("endpoint.url", "must use https", "http://example.com/");
  } catch (const hookwright::ConfigError& error) {
    expect(error.field() == "endpoint.url", "an error names its field");
  }
}

void encode_event() {
  const auto event = hookwright::encode(LinkExpired{.id = 456, .alias = "my-link"}, {});
  expect(event.body == R"({"event":"link.expired","timestamp":"1970-01-01T00:00:00Z",)"
                       R"("data":{"id":456,"alias":"my-link"}})",
         "an event has its bytes, not " + event.body);
}

std::unique_ptr<hookwright::Store> make_store() {
#ifdef HOOKWRIGHT_WITH_sqlite
  std::remove("consumer.db");
  return hookwright::make_sqlite_store({.path = "consumer.db"});
#else
  return hookwright::make_memory_store();
#endif
}

void deliver_event() {
  std::vector<hookwright::Request> received;
  const auto clock = std::make_shared<hookwright::testing::VirtualClock>();

  hookwright::Options options;
  options.store = make_store();
  options.catalog = hookwright::Catalog::of<LinkExpired>();
  options.threads = 0;
  options.clock = clock;
  options.transport = [&](const hookwright::EgressPolicy&) {
    return std::make_unique<hookwright::testing::SimulatedTransport>(
        clock,
        [&](const hookwright::Request& request) {
          received.push_back(request);
          return hookwright::testing::SimulatedAnswer{};
        },
        true);
  };
  hookwright::Dispatcher dispatcher(std::move(options));

  const auto endpoint =
      dispatcher.endpoints().create("acme", {.url = "https://example.com/hook",
                                             .events = {"link.*"},
                                             .secret = hookwright::Secret("a shared secret"),
                                             .profile = "snipy"});
  expect(endpoint.ok(), "an endpoint is made");
  const auto receipt = dispatcher.publish("acme", LinkExpired{.id = 456, .alias = "my-link"});
  expect(receipt.wait(std::chrono::seconds(10)) == hookwright::Stored::yes, "the event is stored");
  dispatcher.run_until(clock->wall() + std::chrono::seconds(1));
  expect(received.size() == 1, "the event is delivered once");
  expect(dispatcher.metrics().delivered == 1, "and counted");
  const auto signature = [](const hookwright::Header& header) {
    return header.name == "X-Snipy-Signature";
  };
  expect(!received.empty() && std::ranges::any_of(received[0].headers, signature),
         "its request is signed");
}

}  // namespace

int main() {
  make_ids();
  catch_error();
  encode_event();
  deliver_event();
  if (failures != 0) return EXIT_FAILURE;
  std::cout << "hookwright works here\n";
  return EXIT_SUCCESS;
}
