// hookwright_simulate: whole worlds in virtual time, one per seed.
//
// In each world up to three real dispatchers (Options::threads = 0) share a store, or one has it
// for itself. Clock, receivers and store are simulated; a host publishes, and makes, edits, pauses,
// enables and removes endpoints. Each seed draws which hazards befall it (scenario.hpp): crashes at
// any step, pauses, stores that fail, dawdle, half-answer or answer and forget, clocks that jump,
// receivers that flap, hang or ask for rest. Then everything heals, and whatever was accepted must
// have arrived.
//
// A ledger is told of what truly happens: of every change in the store, every request, every word
// to the host. It foretells what each attempt must lead to, from rules of its own (rules.hpp), and
// compares. The invariants, of research on what reliable systems promise, read for lanes (holding
// the lane is the lease, its epoch is the token):
//
//   I1   what was accepted has arrived, is a dead letter, was cancelled with its endpoint, or
//   waits;
//        in the end nothing waits; receipts are true    ledger_host, ledger_store, quiescence
//   I2   only what was published is stored and sent, once for each endpoint, byte for byte the
//   same,
//        under the same id, signed with the right key   ledger_store, ledger_settle, ledger_wire
//   I3   what is settled is not sent again; nothing is reported before it is durable  ledger_wire
//   I4   who does not hold the lane settles nothing; nobody overwrites an endpoint that he has not
//        seen                                           ledger_settle, ledger_store
//   I5   who does not hold the lane sends nothing (where clocks keep within the margin) ledger_wire
//   I6   a row is sent again only where its sender died, lost the lane or was cut off   ledger_wire
//   I7   each attempt comes as scheduled, never early; there are as many as there should be; what
//        the history and the dead letter say is true    ledger_settle, ledger_wire
//   I8   an endpoint's status and the notices follow in the same commit; a stopped endpoint gets
//        nothing, and what waits for it is given up when it must be and not before; a notice is
//        told, and not before                           ledger_settle, ledger_host, quiescence
//   I9   requests in all, to a host, of a tenant, to an endpoint, of slow ones, not yet settled,
//   per
//        minute: none above its bound; rest is given where it is asked for              ledger_wire
//   I10  no request to a forbidden address: there are no addresses here; tests/transport
//   I11  a removed endpoint gets nothing                ledger_wire
//   I12  nothing of one tenant is seen or touched by another                 ledger_store, host
//   I13  inbox, rows in memory, rows of one lane: none above its bound       lanes, process
//   I14  in the end no dispatcher is busy for ever      world
//   I15  Metrics say what has happened                  process, lanes
//   I16  the same seed is the same world, to the last event (--twice)
//   I17  a waiting row is behind the cursor of its lane or in memory, and never neither    lanes
//   I18  what is due is started within a bound while its lane is admitted    started
//
// That the program notices mistakes is shown by hookwright_simulate_mistakes.

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <string>
#include <string_view>

#include "simulation/world.hpp"

namespace {

using namespace hookwright::simulation;

struct Arguments {
  std::uint64_t seeds = 100;
  std::uint64_t first = 1;
  bool trace = false;
  bool twice = false;
  std::optional<Hazard> only{};
};

[[noreturn]] void usage() {
  std::cerr
      << "usage: hookwright_simulate [--seeds N] [--first S] [--trace] [--twice] [--fault NAME]\n";
  std::exit(2);
}

std::uint64_t number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) usage();
  return number;
}

Arguments read(int count, char** words) {
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    const auto next = [&]() -> std::string_view {
      if (++i >= count) usage();
      return words[i];
    };
    if (word == "--seeds") {
      arguments.seeds = number_of(next());
    } else if (word == "--first") {
      arguments.first = number_of(next());
    } else if (word == "--trace") {
      arguments.trace = true;
    } else if (word == "--twice") {
      arguments.twice = true;
    } else if (word == "--fault") {
      arguments.only = hazard_named(next());
      if (!arguments.only) usage();
    } else {
      usage();
    }
  }
  return arguments;
}

}  // namespace

int main(int count, char** words) {
  const Arguments arguments = read(count, words);
  std::uint64_t hash = 0;
  std::size_t violations = 0;
  for (std::uint64_t seed = arguments.first; seed < arguments.first + arguments.seeds; ++seed) {
    const Scenario scenario(seed, arguments.only);
    World world(scenario, arguments.trace);
    world.run();
    hash = (hash ^ world.trace().hash()) * 0x100000001B3ULL;
    const bool failed = world.violations().count() != 0;
    violations += world.violations().count();
    if (!failed && !arguments.twice) {
      if (arguments.trace) world.trace().print(std::cout, SIZE_MAX);
      continue;
    }
    World again(scenario, true);
    again.run();
    const bool same = again.trace().hash() == world.trace().hash();
    if (!same) ++violations;
    if (failed || !same) {
      std::cout << "seed " << seed << " (replay it with --seeds 1 --first " << seed
                << " --trace): " << scenario.text() << '\n';
      again.trace().print(std::cout, arguments.trace ? SIZE_MAX : 40);
    }
    for (const Violations::One& one : world.violations().list())
      std::cout << "  " << one.invariant << ": " << one.what << '\n';
    if (!same) std::cout << "  I16: the second run was another\n";
  }
  std::cout << "seeds=" << arguments.seeds << " violations=" << violations << " trace=" << std::hex
            << std::setw(16) << std::setfill('0') << hash << '\n';
  return violations == 0 ? 0 : 1;
}
