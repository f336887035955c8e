#include <algorithm>
#include <utility>

#include "engine/committer.hpp"
#include "engine/guard.hpp"
#include "hookwright/error.hpp"
#include "model/codec.hpp"

namespace hookwright::engine {

namespace {

constexpr std::size_t fetch_lanes_max = 64;
constexpr std::size_t acquire_lanes_max = 256;
constexpr std::size_t page_max = 1'000;
constexpr Duration acquire_again{100};
constexpr Duration acquire_rarely{1'000};  // for what others leave; our own rows call at once
constexpr Duration maintain_every = std::chrono::seconds(10);
constexpr Duration maintain_again{50};
constexpr Duration fetch_again{500};
constexpr Duration not_for_us =
    std::chrono::minutes(1);  // somebody else may serve the lane meanwhile

void require(const StoreStatus& status, const char* what) {
  if (!status.ok()) throw ConfigError("options.store", std::string(what) + ": " + status.detail);
}

}  // namespace

void Committer::open(const Moment& moment) {
  shared_ = store_.traits().shared;
  const Opened opened = store_.open(worker_, moment.now);
  require(opened.status, "can't be opened");
  rows_.start(opened.first_row);
  require(load_endpoints(0, moment), "can't be read");
  endpoints_version_ = opened.endpoints_version;
  if (!shared_) require(load_lanes(), "can't be read");
  require(load_notices(), "can't be read");
  maintain_at_ = moment.steady + maintain_every;
  acquire_at_ = moment.steady;
  if (shared_) {
    trust_from(moment.steady);
    beat(moment);
  }
  flush_feeds();
}

// Endpoints whose record has changed since; all of them at the start.
StoreStatus Committer::load_endpoints(std::uint64_t changed_after, const Moment& moment) {
  Query query{.kind = RecordKind::endpoints, .changed_after = changed_after, .limit = page_max};
  do {
    Records page = find(query);
    if (!page.status.ok()) return page.status;
    for (const StoredEndpoint& stored : page.endpoints) {
      if (stored.deleted) {
        remove_endpoint(stored.id);
        continue;
      }
      std::optional<Endpoint> endpoint = model::to_endpoint(stored);
      if (!endpoint) {
        host_.trouble("endpoint " + stored.id.text() + " is not served: its record can't be read");
        continue;
      }
      const Member* known = roster_.find(stored.id);
      if (known != nullptr && known->endpoint.version == endpoint->version) continue;
      put_endpoint(std::move(*endpoint), moment);
    }
    query.after = std::move(page.next);
  } while (!query.after.empty());
  return {};
}

// A one-process store: every lane is ours; those with rows are read when they are due.
StoreStatus Committer::load_lanes() {
  Query query{.kind = RecordKind::lanes, .limit = page_max};
  do {
    Records page = find(query);
    if (!page.status.ok()) return page.status;
    for (const LaneDue& lane : page.lanes) {
      if (roster_.find(lane.endpoint) != nullptr) book_.adopt(lane.endpoint, 0, lane.due);
    }
    query.after = std::move(page.next);
  } while (!query.after.empty());
  return {};
}

// Those that the last process had no time to tell.
StoreStatus Committer::load_notices() {
  Query query{
      .kind = RecordKind::notes, .key_prefix = std::string(notice_prefix), .limit = page_max};
  do {
    Records page = find(query);
    if (!page.status.ok()) return page.status;
    tell_notices(page.notes);
    query.after = std::move(page.next);
  } while (!query.after.empty());
  return {};
}

Records Committer::find(const Query& query) {
  return guard<Records>(counts_.store_exceptions, StoreCode::unavailable,
                        [&] { return store_.find(query); });
}

void Committer::fetch(const Moment& moment) {
  const std::vector<LaneCursor> cursors = book_.wanted(moment.now, fetch_lanes_max);
  if (cursors.empty()) return;
  auto pages = guard<Pages>(counts_.store_exceptions, StoreCode::unavailable,
                            [&] { return store_.fetch(cursors, moment.now); });
  if (pages.status.ok() && pages.lanes.size() != cursors.size()) {
    pages.status = {StoreCode::unavailable, "the store gave no page for some lanes"};
  }
  if (!pages.status.ok()) {
    for (const LaneCursor& cursor : cursors) book_.spill(cursor.endpoint);
    if (fetch_at_ == SteadyTime{}) host_.trouble("the store can't be read: " + pages.status.detail);
    fetch_at_ = moment.steady + fetch_again;
    return;
  }
  if (std::exchange(fetch_at_, SteadyTime{}) != SteadyTime{})
    host_.trouble("the store can be read again");
  for (LanePage& page : pages.lanes) {
    const EndpointId id = page.endpoint;
    std::vector<Waiting> rows = book_.accept(std::move(page));
    if (rows.empty()) continue;
    std::vector<Waiting>& feed = feeds_[id];
    std::move(rows.begin(), rows.end(), std::back_inserter(feed));
  }
}

void Committer::acquire(const Moment& moment) {
  acquire_at_ = moment.steady + acquire_again;
  free_due_ = TimePoint::max();
  release_idle(moment, false);
  if (book_.rows() >= limits_.rows_max) return;
  const auto grants = guard<Grants>(counts_.store_exceptions, StoreCode::unavailable,
                                    [&] { return store_.acquire(moment.now, acquire_lanes_max); });
  for (const LaneGrant& grant : grants.lanes) {
    if (roster_.find(grant.endpoint) == nullptr) refresh_endpoint(grant.endpoint, moment);
    book_.hold(grant.endpoint, grant.epoch);
    const auto route = routes_.find(grant.endpoint);
    const bool served = route != routes_.end() && route->second.destination &&
                        route->second.destination->status == Status::active;
    if (!served) book_.close(grant.endpoint);
  }
  const bool more = !grants.lanes.empty() && grants.next_due && *grants.next_due <= moment.now;
  if (grants.status.ok()) acquire_at_ = moment.steady + (more ? Duration::zero() : acquire_rarely);
  if (grants.next_due && *grants.next_due > moment.now) free_due_ = *grants.next_due;
}

void Committer::release_idle(const Moment& moment, bool all) {
  std::vector<EndpointId> ids = all ? book_.held() : book_.idle(moment.now, acquire_lanes_max);
  if (ids.empty()) return;
  Batch batch;
  for (const EndpointId& id : ids) batch.changes.push_back(release_of(id, moment));
  const auto committed = guard<Committed>(counts_.store_exceptions, StoreCode::unknown,
                                          [&] { return store_.commit(batch, moment.now); });
  if (!committed.status.ok() || committed.results.size() != ids.size()) return;  // they stay ours
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const EndpointId id = ids[i];
    if (committed.results[i].outcome ==
        ChangeOutcome::mismatch) {  // the endpoint is not what we think
      refresh_endpoint(id, moment);
      continue;
    }
    book_.lose(id);
    const auto route = routes_.find(id);
    if (all && route != routes_.end() && route->second.destination)
      host_.send(route->second.shard, CloseLane{id});
  }
}

// A lane that we don't serve is kept from us for a while; one that nobody may serve until its
// endpoint is enabled.
Change Committer::release_of(EndpointId id, const Moment& moment) const {
  Change change{.only_if = {LaneHeld{id, book_.epoch(id)}}, .writes = {}};
  const Member* member = roster_.find(id);
  const auto route = routes_.find(id);
  TimePoint hold{};
  if (member != nullptr && member->endpoint.status != Status::active) {
    hold = TimePoint::max();
    change.only_if.emplace_back(EndpointAt{id, member->endpoint.version});
  } else if (route == routes_.end() || !route->second.destination) {
    hold = moment.now + not_for_us;
  }
  change.writes.emplace_back(ReleaseLane{id, hold});
  return change;
}

// The heartbeat: it alone keeps the lanes. Sending stops a margin before the lease ends, counted
// from before the call.
void Committer::beat(const Moment& moment) {
  beat_at_ = moment.steady + worker_.lease / 3;
  const SteadyTime started = moment.steady;
  const auto answer = guard<Beat>(counts_.store_exceptions, StoreCode::unavailable,
                                  [&] { return store_.heartbeat(moment.now); });
  if (!answer.status.ok()) {
    beat_at_ = moment.steady + std::min<Duration>(worker_.lease / 10, Duration{500});
    return;
  }
  for (const EndpointId& id : answer.lost) {
    book_.lose(id);
    const auto route = routes_.find(id);
    if (route == routes_.end() || !route->second.destination) continue;
    host_.send(route->second.shard, CloseLane{id});
    host_.send(route->second.shard, PutDestination{route->second.destination});
  }
  trust_from(started);
  if (answer.endpoints_version != endpoints_version_) {
    if (load_endpoints(endpoints_version_, moment).ok())
      endpoints_version_ = answer.endpoints_version;
  }
}

// Sending stops, and the endpoints known are no longer believed to be all, a margin before the
// lease ends.
void Committer::trust_from(SteadyTime started) {
  const SteadyTime until = started + worker_.lease - worker_.lease / 5;
  for (std::size_t shard = 0; shard < shards_; ++shard) host_.send(shard, TrustUntil{until});
  host_.endpoints_known_until(until);
}

void Committer::maintain(const Moment& moment) {
  const Budget budget{.attempts_before = moment.now - limits_.attempt_retention,
                      .events_before = moment.now - limits_.event_retention};
  bool more = false;
  try {
    more = store_.maintain(moment.now, budget);
  } catch (...) {
    ++counts_.store_exceptions;
  }
  maintain_at_ = moment.steady + (more ? maintain_again : maintain_every);
}

std::size_t Committer::shard_of(const Url& url) const {
  std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a: the same in every process
  const auto mix = [&hash](unsigned char byte) { hash = (hash ^ byte) * 1099511628211ULL; };
  for (const char c : url.host) mix(static_cast<unsigned char>(c));
  mix(static_cast<unsigned char>(url.port & 0xFF));
  mix(static_cast<unsigned char>(url.port >> 8));
  return static_cast<std::size_t>(hash % shards_);
}

}  // namespace hookwright::engine
