// What a first program does with hookwright. It must run without a network and without time
// passing.

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
#include "hookwright/testing/faulty_store.hpp"
#include "hookwright/testing/sandbox.hpp"
#include "hookwright/testing/store_contract.hpp"
#include "hookwright/testing/transport_contract.hpp"
#ifdef HOOKWRIGHT_WITH_smtp
#include "hookwright/notifiers/smtp.hpp"
#endif
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

void make_notifier() {
#ifdef HOOKWRIGHT_WITH_smtp
  hookwright::SmtpOptions options;
  options.server = "mail.example.com";
  options.from = "hooks@example.com";
  options.recipient = [](const hookwright::Notice&) { return std::string(); };
  hookwright::Notice notice;
  notice.tenant = "acme";
  hookwright::make_smtp_notifier(std::move(options))->notice(notice);  // nobody is designated
#endif
}

void deliver_event() {
  hookwright::testing::Sandbox sandbox;
  const auto faults = std::make_shared<hookwright::testing::StoreFaults>();
  hookwright::Options options;
  options.store = std::make_unique<hookwright::testing::FaultyStore>(make_store(), faults);
  options.sealing = hookwright::Sealing::none();
  options.catalog = hookwright::Catalog::of<LinkExpired>();
  hookwright::Dispatcher dispatcher(sandbox.options(std::move(options)));

  const auto endpoint =
      dispatcher.endpoints().create("acme", {.url = "https://example.com/hook",
                                             .events = {"link.*"},
                                             .secret = hookwright::Secret("a shared secret text"),
                                             .profile = "snipy"});
  expect(endpoint.ok(), "an endpoint is made");
  faults->follow({.at = 1, .faults = {hookwright::testing::StoreFault::unavailable}});
  const auto receipt = dispatcher.publish("acme", LinkExpired{.id = 456, .alias = "my-link"});
  expect(receipt.wait(std::chrono::seconds(10)) == hookwright::Stored::yes, "the event is stored");
  expect(faults->failed() == 1, "although the store was away");
  sandbox.run(dispatcher, std::chrono::seconds(1));
  const auto received = sandbox.network.requests("example.com");
  expect(received.size() == 1, "the event is delivered once");
  expect(dispatcher.metrics().delivered == 1, "and counted");
  expect(!received.empty() && !received[0].header("X-Snipy-Signature").empty(),
         "its request is signed");
  expect(sandbox.record->published("link.expired").size() == 1, "and what was published is known");
}

void find_contracts() {
  expect(!hookwright::testing::store_contract().empty(), "there is a contract for stores");
  expect(!hookwright::testing::transport_contract().empty(), "and one for transports");
}

}  // namespace

int main() {
  make_ids();
  catch_error();
  encode_event();
  make_notifier();
  deliver_event();
  find_contracts();
  if (failures != 0) return EXIT_FAILURE;
  std::cout << "hookwright works here\n";
  return EXIT_SUCCESS;
}
