// What the host of a world does with its dispatchers, and what befalls them.

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <utility>

#include "simulation/world.hpp"

namespace hookwright::simulation {
namespace {

using namespace std::chrono_literals;

constexpr std::array<const char*, 2> tenants = {"acme", "umbrella"};

struct Kind {
  const char* type;
  const char* family;
};
constexpr std::array<Kind, 4> event_kinds = {Kind{"sim.tick", ""}, Kind{"sim.tock.late", ""},
                                             Kind{"sim.snap", "hypersnap"},
                                             Kind{"sim.snip", "snipy"}};

constexpr std::array<const char*, 4> patterns = {"*", "sim.*", "sim.tick", "sim.tock.*"};

constexpr std::array<const char*, 3> colours = {"red", "blue", "black"};
constexpr Duration latch_kept = 40s;

Condition make_condition(Random& random) {
  const auto which = static_cast<Comparison>(random.below(9));
  switch (which) {
    case Comparison::present:
    case Comparison::absent:
      return {"data.colour", which, {}};
    case Comparison::less:
    case Comparison::at_most:
    case Comparison::greater:
    case Comparison::at_least:
      return {"data.n", which, static_cast<double>(random.below(40))};
    case Comparison::starts_with:
      return {"data.colour", which, "bl"};
    case Comparison::equal:
    case Comparison::not_equal:
      break;
  }
  if (random.chance(30)) return {"data.n", which, static_cast<double>(random.below(40))};
  return {"data.colour", which, colours[random.below(colours.size())]};
}

// whsec_ and the base64 of 24 bytes: a key for every profile.
Secret secret_of(Random& random) {
  constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text = "whsec_";
  for (int i = 0; i < 32; ++i) text += letters[random.below(letters.size())];
  return Secret(text);
}

}  // namespace

void World::act() {
  const Duration pace = scenario_.span / static_cast<int>(scenario_.events + 10);
  act_at_ = now() + random_.between(Duration(0), 2 * pace);
  disturb();
  Process* process = anyone();
  if (process == nullptr) return;
  for (Seat& seat : seats_) {
    if (seat.process.get() == process) seat.busy = true;
  }
  if (known_.size() < scenario_.endpoints && random_.chance(60)) {
    create_endpoint(*process);
  } else if (scenario_.has(Hazard::endpoint_life) && random_.chance(25)) {
    change_endpoint(*process);
  } else if (scenario_.has(Hazard::recoveries) && random_.chance(20)) {
    recover_something(*process);
  } else if (scenario_.has(Hazard::trials) && random_.chance(20)) {
    try_endpoint(*process);
  } else if (scenario_.has(Hazard::repeats) && random_.chance(20)) {
    publish_again(*process);
  } else {
    const bool burst = scenario_.has(Hazard::bursts) && random_.chance(10);
    const std::size_t times = burst ? random_.between(std::size_t{5}, std::size_t{40}) : 1;
    for (std::size_t i = 0; i < times; ++i) publish_something(*process);
  }
  for (Seat& seat : seats_) {
    if (seat.process.get() == process) seat.busy = false;
  }
}

void World::disturb() {
  const std::size_t number = random_.below(seats_.size());
  Seat& seat = seats_[number];
  Process* process = seat.busy ? nullptr : seat.process.get();
  if (process == nullptr || process->dead()) return;
  if (scenario_.has(Hazard::crash) && random_.chance(12)) {
    process->lot().steps_to_live = random_.between(std::size_t{1}, std::size_t{40});
  }
  if (scenario_.has(Hazard::pause) && random_.chance(8)) {
    const Duration span = random_.between(Duration(1), 3 * scenario_.lease);
    trace_.add("pauses for ms", process->life().n, span.count());
    process->paused_until = now() + span;
  }
  if (scenario_.has(Hazard::clock_jumps) && random_.chance(8)) {
    const Duration jump = random_.between(-scenario_.jump_max, scenario_.jump_max);
    trace_.add("clock jumps by ms", process->life().n, jump.count());
    // In all it stays within the bound, so that the invariants know what to expect.
    seat.wall_ahead = std::clamp(jump, -scenario_.jump_max, scenario_.jump_max) / 2;
    process->lot().wall_ahead = seat.wall_ahead;
  }
  if (scenario_.has(Hazard::shutdown) && random_.chance(6)) {
    const Duration at_most =
        random_.chance(50) ? Duration(0) : random_.between(Duration(1), 8'000ms);
    trace_.add("shuts down within ms", process->life().n, at_most.count());
    if (random_.chance(50)) publish_something(*process);
    seat.busy = true;
    process->shut_down(at_most);
    seat.process.reset();
    seat.busy = false;
    seat.start_at = now() + random_.between(Duration(0), 2 * scenario_.lease);
  }
}

EncodedEvent World::make_event(Process& process) {
  const Kind kind = event_kinds[random_.below(scenario_.shared ? 2 : event_kinds.size())];
  std::string data = R"({"n":)" + std::to_string(++number_) + R"(,"text":")" +
                     std::string(random_.below(40), 'x') + '"';
  const std::size_t colour = random_.below(colours.size() + 1);
  if (colour < colours.size()) data += R"(,"colour":")" + std::string(colours[colour]) + '"';
  data += '}';
  return encode({.type = kind.type, .data = data, .family = kind.family},
                clock_->wall() + process.lot().wall_ahead, {.ids = &process.core().ids()});
}

void World::publish_something(Process& process) {
  if (events_left_ == 0) return;
  --events_left_;
  std::vector<EncodedEvent> events;
  const std::size_t together =
      random_.chance(10) ? random_.between(std::size_t{2}, std::size_t{4}) : 1;
  for (std::size_t i = 0; i < together; ++i) events.push_back(make_event(process));
  const std::string tenant = tenants[random_.below(tenants.size())];
  const PublishOptions options = make_options(process);
  if (published_.size() < 30 && together == 1)
    published_.push_back({events.front(), tenant, options});
  process.publish(tenant, std::move(events), options);
}

PublishOptions World::make_options(Process& process) {
  PublishOptions options;
  if (scenario_.has(Hazard::repeats) && random_.chance(30))
    options.idempotency_key = "key" + std::to_string(random_.below(10));
  if (scenario_.has(Hazard::own_bounds) && random_.chance(30))
    options.attempts_max =
        static_cast<std::uint32_t>(random_.between(std::size_t{1}, std::size_t{3}));
  if (scenario_.has(Hazard::own_bounds) && random_.chance(40)) {
    const TimePoint wall = clock_->wall() + process.lot().wall_ahead;
    options.expires = wall + random_.between(Duration(0), Duration(120'000));
  }
  if (scenario_.has(Hazard::latches) && options.idempotency_key.empty() && random_.chance(40)) {
    // The first are of one part, the others of three; every third is forgotten after a while.
    const std::size_t number = random_.below(9);
    Latch& latch = options.latch.emplace(Latch{.key = "latch" + std::to_string(number)});
    if (number >= 3) latch.parts = 7, latch.part = 1U << random_.below(3);
    if (number % 3 == 2) latch.keep = latch_kept;
  }
  return options;
}

// The same event once more: a host whose own call was cut off.
void World::publish_again(Process& process) {
  if (published_.empty()) return;
  const Published& what = published_[random_.below(published_.size())];
  process.publish(what.tenant, {what.event}, what.options);
}

EndpointSpec World::make_spec(int number, bool again) {
  EndpointSpec spec;
  const std::string host = "h" + std::to_string(random_.below(scenario_.hosts)) + ".example.com";
  spec.url = "https://" + host + "/v" + std::to_string(again ? random_.below(100) : 0) + "/e" +
             std::to_string(number);
  spec.events = {patterns[random_.below(patterns.size())]};
  if (!again || random_.chance(40)) spec.secret = secret_of(random_);
  if (scenario_.has(Hazard::conditions) && random_.chance(60)) {
    std::vector<Condition>& some = random_.chance(50) ? spec.conditions.all : spec.conditions.any;
    const std::size_t count = random_.between(std::size_t{1}, std::size_t{3});
    for (std::size_t i = 0; i < count; ++i) some.push_back(make_condition(random_));
    if (random_.chance(30)) spec.conditions.all.push_back(make_condition(random_));
  }
  if (random_.chance(20)) spec.uid = "uid" + std::to_string(random_.below(4));
  return spec;
}

void World::create_endpoint(Process& process) {
  EndpointSpec spec = make_spec(endpoints_made_++, false);
  spec.profile = scenario_.profile_names[random_.below(scenario_.profile_names.size())];
  const std::string tenant = tenants[random_.below(tenants.size())];
  const EndpointResult result =
      process.call([&](Endpoints& endpoints) { return endpoints.create(tenant, spec); });
  trace_.add("create endpoint", process.life().n, static_cast<int>(result.outcome));
  if (process.dead() || !result.ok()) return;
  if (ledger_.endpoint(result.endpoint.id) == nullptr)
    violations_.add("I1", "an endpoint is reported as made and is not stored");
  known_.push_back({result.endpoint.id, endpoints_made_ - 1, tenant, spec.profile});
}

void World::change_endpoint(Process& process) {
  if (known_.empty()) return;
  const std::size_t which = random_.below(known_.size());
  const Known endpoint = known_[which];
  const std::size_t what = random_.below(11);
  const EndpointSpec spec = make_spec(endpoint.number, true);
  // I12: nobody can touch another tenant's.
  const bool stranger = random_.chance(10);
  const std::string tenant = stranger ? "stranger" : endpoint.tenant;
  const EndpointResult result = process.call([&](Endpoints& endpoints) {
    if (what < 3) return endpoints.pause(tenant, endpoint.id);
    if (what < 4) return endpoints.disable(tenant, endpoint.id);
    if (what < 7) return endpoints.enable(tenant, endpoint.id);
    if (what < 9) return endpoints.update(tenant, endpoint.id, spec);
    if (what < 10) return EndpointResult{.outcome = endpoints.remove(tenant, endpoint.id)};
    return endpoints.rotate(tenant, endpoint.id, {}, Duration(random_.below(60'000)));
  });
  const EndpointOutcome outcome = result.outcome;
  trace_.add("change endpoint, how, outcome", process.life().n, endpoint.number,
             static_cast<int>(what), static_cast<int>(outcome));
  if (process.dead()) return;
  if (stranger && outcome == EndpointOutcome::ok)
    violations_.add("I12", "an endpoint is changed by another tenant");
  if (outcome != EndpointOutcome::ok) return;
  if (what == 9) {
    known_.erase(known_.begin() + static_cast<std::ptrdiff_t>(which));
  } else if (!stranger) {
    ledger_.changed(result.endpoint);
  }
}

// Every endpoint is enabled, whatever had become of it.
void World::enable_all() {
  for (const auto& endpoint : ledger_.endpoints()) {
    for (int tries = 0; tries < 100; ++tries) {
      const EndpointStory::Version& version = endpoint->now();
      if (version.removed || version.record.status == Status::active) break;
      Process* process = anyone();
      if (process == nullptr) break;
      const EndpointResult result = process->call([&](Endpoints& endpoints) {
        return endpoints.enable(version.record.tenant, version.record.id);
      });
      if (result.outcome == EndpointOutcome::over_limit) {  // another must go
        const EndpointOutcome outcome = process->call([&](Endpoints& endpoints) {
          return endpoints.remove(version.record.tenant, version.record.id);
        });
        if (outcome == EndpointOutcome::ok) break;
      }
      run_until(now() + scenario_.lease, false);
      if (tries == 99) violations_.add("I14", "an endpoint can't be enabled");
    }
  }
}

}  // namespace hookwright::simulation
