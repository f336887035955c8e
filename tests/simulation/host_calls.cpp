// What the host asks of single endpoints: to send once more what was missed, to try them.

#include <chrono>
#include <string>
#include <utility>

#include "simulation/world.hpp"

namespace hookwright::simulation {

using namespace std::chrono_literals;

// As a user interface would: a part at a time, to the end or until something is in the way.
EndpointOutcome World::recover(Process& process, std::string_view tenant, EndpointId id,
                               Recovery what) {
  const Life& life = process.life();
  const Ledger::Missed missed = ledger_.begins_recovery(process.life(), id, what);
  for (int parts = 0; parts < 1'000; ++parts) {
    const std::uint64_t before = life.revived;
    ledger_.recovers_part(id, what);
    const Recovered part =
        process.call([&](Endpoints& endpoints) { return endpoints.recover(tenant, id, what); });
    if (process.dead()) return EndpointOutcome::shutting_down;
    const std::uint64_t revived = life.revived - before;
    if (part.sent > revived || (part.sent < revived && !life.doubtful))
      violations_.add("I15", "a recovery has brought back " + std::to_string(revived) +
                                 " deliveries and says " + std::to_string(part.sent));
    if (part.looked_at > what.at_most)
      violations_.add("I13", "a recovery looks at more than it may");
    if (part.outcome != EndpointOutcome::ok) return part.outcome;
    what.after = part.next;
    if (part.next.empty()) {
      ledger_.ends_recovery(missed);
      return EndpointOutcome::ok;
    }
  }
  violations_.add("I14", "a recovery has no end");
  return EndpointOutcome::ok;
}

void World::recover_something(Process& process) {
  if (known_.empty()) return;
  const Known endpoint = known_[random_.below(known_.size())];
  const std::size_t how = random_.below(3);
  const TimePoint since = clock_->wall() - random_.between(Duration(0), 2 * scenario_.span);
  Recovery what = how == 0 ? Recovery::since(since) : Recovery::missing_since(since);
  if (how == 2) {
    const auto delivery = ledger_.some_delivery(endpoint.id, random_.below(100));
    if (!delivery) return;
    what = Recovery::resend(*delivery, random_.chance(50));
  }
  what.at_most = random_.between(std::size_t{1}, std::size_t{30});
  // I12: nobody can touch another tenant's.
  const bool stranger = random_.chance(10);
  const EndpointOutcome outcome =
      recover(process, stranger ? "stranger" : endpoint.tenant, endpoint.id, what);
  trace_.add("recover endpoint, how, outcome", process.life().n, endpoint.number,
             static_cast<int>(how), static_cast<int>(outcome));
  if (stranger && !process.dead() && outcome == EndpointOutcome::ok)
    violations_.add("I12", "an endpoint's deliveries are sent again for another tenant");
}

// Everything that any endpoint has missed.
void World::recover_all() {
  for (std::size_t i = 0; i < ledger_.endpoints().size(); ++i) {
    const EndpointStory::Version version = ledger_.endpoints()[i]->now();
    if (version.removed) continue;
    for (const Recovery& what : {Recovery::since({}), Recovery::missing_since({})}) {
      Process* process = anyone();
      if (process == nullptr) continue;
      const EndpointOutcome outcome =
          recover(*process, version.record.tenant, version.record.id, what);
      if (outcome != EndpointOutcome::ok)
        violations_.add(
            "I14", "endpoint " + std::to_string(i) +
                       " can't be sent what it has missed: " + std::string(to_string(outcome)));
    }
  }
}

void World::try_endpoint(Process& process) {
  if (known_.empty()) return;
  const Known endpoint = known_[random_.below(known_.size())];
  const bool stranger = random_.chance(10);
  const std::string tenant = stranger ? "stranger" : endpoint.tenant;
  const Purpose purpose = random_.chance(40) ? Purpose::handshake : Purpose::test;
  if (purpose == Purpose::test && !stranger) ledger_.asks_for_test(process.life(), endpoint.id);
  const Trial trial = process.call([&](Endpoints& endpoints) {
    return purpose == Purpose::test ? endpoints.test(tenant, endpoint.id, "sim.tick")
                                    : endpoints.verify(tenant, endpoint.id);
  });
  trace_.add("try endpoint, why, outcome", process.life().n, endpoint.number,
             static_cast<int>(purpose), static_cast<int>(trial.outcome));
  if (process.dead()) return;
  if (stranger && trial.outcome == EndpointOutcome::ok)
    violations_.add("I12", "an endpoint is tried by another tenant");
  if (!stranger) ledger_.answers_trial(process.life(), endpoint.id, purpose, trial);
}

}  // namespace hookwright::simulation
