// What is sent, and how each request ends.

#include <algorithm>
#include <chrono>
#include <string>

#include "simulation/ledger.hpp"

namespace hookwright::simulation {
namespace {

using namespace std::chrono_literals;

const std::string* header_of(const Request& request, std::string_view name) {
  for (const Header& header : request.headers) {
    if (header.name == name) return &header.value;
  }
  return nullptr;
}

std::string host_of(const Url& url) {
  return url.host + ':' + std::to_string(url.port);
}

std::size_t share(std::size_t whole, double part) {
  return std::max<std::size_t>(1, static_cast<std::size_t>(static_cast<double>(whole) * part));
}

}  // namespace

bool is_handshake(const Request& request) {
  return request.body->starts_with(R"({"event":"webhook.verification",)");
}

EndpointStory* Ledger::endpoint_at(const Url& url) {
  const int number = number_in_url(url.text);
  EndpointStory* found = nullptr;
  for (const auto& one : endpoints_) {
    if (number_in_url(one->versions.front().record.url) == number) found = one.get();
  }
  return found;
}

Flight* Ledger::takes_off(Life& life, EndpointStory& endpoint, const Request& request,
                          TimePoint wall) {
  const EndpointId id = endpoint.now().record.id;
  if (holds_lane(life, id)) check_rate(endpoint);  // who has no lane knows of his own tests only
  auto flight = std::make_unique<Flight>();
  flight->n = static_cast<int>(flights_.size());
  flight->endpoint = &endpoint;
  flight->life = life.n;
  flight->epoch = lane_epoch(id);
  flight->held = holds_lane(life, id);
  flight->granted = life.granted[id];
  flight->started = now_;
  flight->started_wall = wall;
  flight->slow = request.slow;
  flight->tenant = endpoint.now().record.tenant;
  flight->host = host_of(request.url);
  ++life.unsettled;
  ++life.in_flight;
  ++life.to_host[flight->host];
  if (flight->slow) ++life.slow_in_flight;
  life.on_wire.push_back(flight.get());
  ++endpoint.lives[life.n].in_flight;
  endpoint.moved = now_;
  flights_.push_back(std::move(flight));
  return flights_.back().get();
}

Flight* Ledger::started(Life& life, const Request& request, TimePoint wall) {
  ++life.starts;
  EndpointStory* endpoint = endpoint_at(request.url);
  const auto event = event_by_body_.find(*request.body);
  if (event == event_by_body_.end()) return starts_trial(life, endpoint, request, wall);
  DeliveryStory* found =
      endpoint == nullptr ? nullptr : delivery_sent(*event->second, *endpoint, request);
  if (found == nullptr) {
    fail("I2", "event " + std::to_string(event->second->n) + " is sent where it does not belong");
    return nullptr;
  }
  DeliveryStory& story = *found;
  trace_.add("sends delivery, attempts before, endpoint", life.n, story.n, story.attempts,
             endpoint->n);
  check_request(life, story, request, wall);
  check_once(life, story);
  check_order(life, story, wall);
  const bool tried = check_bounds(life, *endpoint, request, endpoint->lives[life.n]);

  Flight* flight = takes_off(life, *endpoint, request, wall);
  flight->tried = tried;
  flight->what = &story;
  flight->row = story.position.row;
  story.flights.push_back(flight);
  flights_of_row_[flight->row].push_back(flight);
  return flight;
}

// An event has several deliveries to an endpoint where one was sent again under a new id.
DeliveryStory* Ledger::delivery_sent(const EventStory& event, const EndpointStory& endpoint,
                                     const Request& request) {
  const auto found = deliveries_of_.find({event.n, endpoint.n});
  if (found == deliveries_of_.end()) return nullptr;
  const std::string* id = header_of(request, endpoint.wire.delivery_header);
  for (DeliveryStory* story : found->second) {
    if (id != nullptr ? *id == story->id.text() : story->state == DeliveryStory::State::waiting)
      return story;
  }
  return found->second.back();
}

// I2, I11: a test is sent once, as it was asked for, and nothing but tests and handshakes is sent
// beside what was published; only the endpoint's receiver is asked, in a request that it can trust.
Flight* Ledger::starts_trial(Life& life, EndpointStory* to, const Request& request,
                             TimePoint wall) {
  const bool handshake = is_handshake(request);
  const auto test = std::find(life.tests.begin(), life.tests.end(), to);
  if (to == nullptr || (!handshake && test == life.tests.end())) {
    fail("I2", "a body is sent that nobody has published");
    return nullptr;
  }
  if (!handshake) life.tests.erase(test);
  const EndpointStory& endpoint = *to;
  trace_.add(handshake ? "asks endpoint" : "tests endpoint", life.n, endpoint.n);
  const Possible known = possible(life, endpoint, known_since(life));
  const bool genuine =
      std::any_of(known.versions.begin(), known.versions.end(), [&](const auto* version) {
        return !version->removed && version->record.url == request.url.text &&
               bool(version->verifier->verify(request.headers, *request.body, wall));
      });
  if (!genuine)
    fail(endpoint.now().removed ? "I11" : "I2",
         "endpoint " + std::to_string(endpoint.n) + " is asked at another's address or in vain");
  Flight* flight = takes_off(life, *to, request, wall);
  flight->purpose = handshake ? Purpose::handshake : Purpose::test;
  flight->asked = request.body;
  return flight;
}

// I3, I5, I7, I8, I11: what is sent waits in the store, is due, and goes to an endpoint that wants
// it, by the one who holds its lane. Its headers are true.
void Ledger::check_request(Life& life, const DeliveryStory& story, const Request& request,
                           TimePoint wall) {
  const std::string name = "delivery " + std::to_string(story.n);
  const EndpointStory& endpoint = *story.endpoint;
  // Leases are told by the workers' clocks: skewed by more than the margin they end too early.
  const bool trusted = 2 * scenario_.skew_max + 2 * scenario_.jump_max < scenario_.lease / 5;
  const EndpointId id = endpoint.now().record.id;
  if (trusted && scenario_.shared && !endpoint.now().removed && !holds_lane(life, id))
    fail("I5", name + " is sent by somebody without its lane");
  if (holds_lane(life, id) && !endpoint.now().removed &&
      story.state != DeliveryStory::State::waiting)
    fail("I3", name + " is sent after it was settled");
  if (story.state == DeliveryStory::State::waiting &&
      wall + scenario_.slack() < story.position.due && holds_lane(life, id))
    fail("I7", name + " is sent " + std::to_string((story.position.due - wall).count()) +
                   " ms before it is due");
  const std::uint32_t own_max = story.attempts_max;
  if (story.attempts >= endpoint.rules.attempts_max || (own_max != 0 && story.attempts >= own_max))
    fail("I7", name + " is sent more often than its profile says, or its publish");
  if (story.expires != TimePoint{} && wall >= story.expires)
    fail("I7", name + " is sent after its end");

  const Possible known = possible(life, endpoint, known_since(life));
  bool wanted = false;
  bool genuine = false;
  for (const EndpointStory::Version* version : known.versions) {
    if (version->removed || version->record.status != Status::active) continue;
    wanted = true;
    if (version->record.url != request.url.text) continue;
    if (!version->verifier->verify(request.headers, *request.body, wall)) continue;
    genuine = true;
  }
  if (!wanted)
    fail(endpoint.now().removed ? "I11" : "I8",
         name + " is sent to endpoint " + std::to_string(endpoint.n) + ", which is not active");
  if (wanted && !genuine)
    fail("I2", name + " is sent to a wrong address, or signed with a wrong key");

  const WireFormat& wire = endpoint.wire;
  const EncodedEvent& event = story.event->event;
  const auto expect = [&](const std::string& header, const std::string& value) {
    if (header.empty()) return;
    const std::string* found = header_of(request, header);
    if (found == nullptr || *found != value) fail("I2", name + " has a wrong " + header);
  };
  expect(wire.delivery_header, story.id.text());
  expect(wire.event_header, event.type);
  expect("webhook-id", event.id.text());
  expect("Content-Type", "application/json");
  const auto unix_seconds =
      std::chrono::floor<std::chrono::seconds>(wall).time_since_epoch().count();
  expect("webhook-timestamp", std::to_string(unix_seconds));
  const Duration allowed = std::chrono::floor<Duration>(request.deadline - now_);
  if (allowed != endpoint.rules.deadline) fail("I9", name + " has another deadline");
}

// I6: a row is sent twice only if its sender has died, has lost the lane, or was cut off.
void Ledger::check_once(const Life& life, const DeliveryStory& story) {
  const std::uint64_t epoch = lane_epoch(story.endpoint->now().record.id);
  for (const Flight* flight : story.flights) {
    if (flight->row != story.position.row || flight->explains) continue;
    const bool same_hold = flight->life == life.n && flight->epoch == epoch && flight->held &&
                           (!scenario_.shared || flight->granted == epoch);
    if (same_hold)
      fail("I6", "delivery " + std::to_string(story.n) + " is sent again without a reason");
  }
}

// I17: where one dispatcher has the lanes for itself, what waits for its first attempt is sent in
// the order in which it was stored: held or not, read from the store or straight from a commit.
void Ledger::check_order(const Life& life, const DeliveryStory& story, TimePoint wall) {
  const bool alone = scenario_.processes == 1 && !scenario_.has(Hazard::late_commits);
  const auto lane = database_.lanes.find(story.endpoint->now().record.id);
  if (!alone || story.attempts != 0 || lane == database_.lanes.end()) return;
  for (const auto& [position, row] : lane->second.rows) {
    if (position >= story.position) return;
    const bool expired = row.expires != TimePoint{} && row.expires <= wall + scenario_.slack();
    if (row.attempts != 0 || row.spared_since != TimePoint{} || expired) continue;
    const std::vector<Flight*>& flights = flights_of_row_[position.row];
    const bool sent = std::any_of(flights.begin(), flights.end(),
                                  [&](const Flight* f) { return f->life == life.n; });
    if (!sent) fail("I17", "delivery " + std::to_string(story.n) + " is sent before an older one");
  }
}

// I9: nothing exceeds its bound. Returns whether the endpoint is known to answer.
bool Ledger::check_bounds(Life& life, EndpointStory& endpoint, const Request& request,
                          EndpointStory::Of& of) {
  const Limits& limits = scenario_.limits;
  const std::string name = "endpoint " + std::to_string(endpoint.n);
  const std::string host = host_of(request.url);
  const std::uint64_t epoch = lane_epoch(endpoint.now().record.id);
  const std::string& tenant = endpoint.now().record.tenant;
  const Places places = places_of(life, now_);
  if (places.young >= limits.in_flight_max) fail("I9", "too many requests in all");
  if (life.in_flight >= limits.in_flight_max + waiting_max(limits))
    fail("I9", "too many requests, with those that wait");
  if (life.unsettled >= limits.unsettled_max) fail("I9", "too many deliveries not settled");
  if (life.to_host[host] >= limits.host_in_flight_max) fail("I9", "too many requests to a host");
  if (of.in_flight >= endpoint.rules.in_flight_max) fail("I9", name + ": too many requests");
  if (request.slow && of.in_flight != 0) fail("I9", name + " is slow and has two requests");
  if (request.slow && life.slow_in_flight >= share(limits.in_flight_max, limits.slow_share_max))
    fail("I9", "too many slow requests");
  const bool known = of.epoch != 0 || !scenario_.shared;
  const bool as_before = known && of.epoch == epoch && of.host == host && !endpoint.now().removed;
  const bool tried = of.tried && as_before && of.version == endpoint.versions.size();
  const auto others = places.of_tenant.find(tenant);
  if (tried && !request.slow && others != places.of_tenant.end() &&
      others->second >= share(limits.in_flight_max, limits.tenant_share_max))
    fail("I9", "too many requests of a tenant");
  if (of.timed_out == true && as_before && !request.slow)
    fail("I9", name + " is not known to be slow");
  if (of.timed_out == false && as_before && request.slow)
    fail("I9", name + " is slow without a reason");
  if (as_before && now_ < of.rest_until) fail("I9", name + " has asked for rest and gets none");
  return tried;
}

// I9: retries and handshakes count as everything else.
void Ledger::check_rate(EndpointStory& endpoint) {
  while (!endpoint.sends.empty() && now_ - endpoint.sends.front() >= 60s)
    endpoint.sends.pop_front();
  endpoint.sends.push_back(now_);
  if (endpoint.rules.rate_per_minute != 0 &&
      endpoint.sends.size() > endpoint.rules.rate_per_minute + endpoint.rules.rate_burst)
    fail("I9", "endpoint " + std::to_string(endpoint.n) + " gets " +
                   std::to_string(endpoint.sends.size()) + " requests in a minute");
}

Places places_of(const Life& life, SteadyTime now) {
  Places places;
  for (const Flight* flight : life.on_wire) {
    if (now - flight->started >= 250ms) {
      ++places.waiting;
      continue;
    }
    ++places.young;
    if (flight->slow) continue;
    ++(flight->tried ? places.of_tenant[flight->tenant] : places.untried);
  }
  return places;
}

std::size_t waiting_max(const Limits& limits) {
  return std::min(3 * limits.in_flight_max, limits.unsettled_max / 2);
}

void Ledger::ended(Life& life, Flight& flight, const Completion& completion, TimePoint wall) {
  if (flight.what == nullptr) {
    trace_.add("has asked endpoint", life.n, flight.endpoint->n, completion.status);
    flight.endpoint->moved = now_;
    finish(life, flight, false);
    flight.end = completion;
    return;
  }
  DeliveryStory& story = *flight.what;
  trace_.add("ended delivery, fault, status", life.n, story.n, static_cast<int>(completion.fault),
             completion.status);
  EndpointStory& endpoint = *story.endpoint;
  endpoint.moved = now_;
  if (flight.over) return;
  if (completion.fault == Fault::cancelled) {
    finish(life, flight, true);
    return;
  }
  flight.end = completion;
  flight.ended_wall = wall;
  leave_wire(life, flight);
  EndpointStory::Of& of = endpoint.lives[life.n];
  const Expected expected = judge(endpoint.rules, completion, story.attempts, story.attempts_max,
                                  story.spared_since, wall);
  const std::uint64_t epoch = lane_epoch(endpoint.now().record.id);
  if (of.epoch != epoch || of.host != flight.host)
    of = {.in_flight = of.in_flight, .known = of.known};
  of.epoch = epoch;
  of.host = flight.host;
  of.version = endpoint.versions.size();
  if (!is_ours(completion.fault)) {
    of.tried = true;
    of.timed_out = completion.fault == Fault::timeout;
  }
  if (!flight.held) of.epoch = 0;  // its sender is told that it had no right to
  if (!expected.rest) return;
  of.rest_until = std::max(of.rest_until, now_ + *expected.rest);
  endpoint.rest_until = std::max(endpoint.rest_until, of.rest_until);
}

}  // namespace hookwright::simulation
