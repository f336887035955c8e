// What a first program does with hookwright. It must run without a network and without time
// passing.

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "hookwright/hookwright.hpp"

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

}  // namespace

int main() {
  make_ids();
  catch_error();
  encode_event();
  if (failures != 0) return EXIT_FAILURE;
  std::cout << "hookwright works here\n";
  return EXIT_SUCCESS;
}
