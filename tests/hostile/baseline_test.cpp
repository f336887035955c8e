// After all of it nothing is left: no descriptor, no memory, no request that the next one gets the
// answer of.

#include <malloc.h>

#include <filesystem>
#include <iterator>

#include "hostile/stage.hpp"

using namespace hookwright;
using namespace hookwright::testing;

namespace {

std::size_t descriptors() {
  const std::filesystem::directory_iterator open("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(open), end(open)));
}

// In use, in all arenas: what is resident says more of the receivers' threads than of anything
// else. Under a sanitizer, which has an allocator of its own and looks for leaks itself, always 0.
std::size_t memory() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

std::vector<Scenario> everything() {
  std::vector<Scenario> all = answers();
  const std::vector<Scenario> more = connections();
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace

TEST_CASE("descriptors and memory return to where they were") {
  const std::size_t before = descriptors();
  {
    Sender sender;
    const auto players = cast(everything(), Connection::fresh);
    const auto play_once = [&] {
      static_cast<void>(play(*sender.transport, players, Connection::fresh, 300ms, 600ms));
    };
    play_once();
    const std::size_t at_first = memory();
    for (int i = 0; i < 2; ++i) play_once();
    // The receivers keep what they have read, some 300 bytes of each request.
    CHECK(memory() <= at_first + 2 * 1024 * 1024);
  }
  CHECK(descriptors() == before);
}

TEST_CASE("no request gets what a receiver said after the one before") {
  // Each scenario, then a request that is answered properly; on the same connection if the
  // transport should dare.
  Sender sender;
  for (Scenario scenario : answers()) {
    if (scenario.expected.fault == Fault::timeout || scenario.reply.then == Reply::Then::repeat) {
      continue;
    }
    if (scenario.reply.then == Reply::Then::stall) scenario.reply.then = Reply::Then::keep;
    ReceiverOptions options;
    options.reply = [&scenario](const Received& request) {
      return request.target == "/second" ? answer(299, "second") : scenario.reply;
    };
    Receiver receiver(std::move(options));
    INFO(scenario.name);
    // What lacks its end is waited for no longer than this.
    sender.send(post(receiver.url("/first", "hook.test"), "{}", 100ms));
    const Completion second = sender.send(post(receiver.url("/second", "hook.test")));
    INFO(second.detail);
    CHECK(second.status == 299);
    CHECK(second.body == "second");
  }
}
