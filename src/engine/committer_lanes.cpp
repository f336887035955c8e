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
constexpr Duration read_on_after{3};
constexpr Duration not_for_us =
    std::chrono::minutes(1);  // somebody else may serve the lane meanwhile

bool may_have_happened(const StoreStatus& status) {
  return status.code == StoreCode::unknown || status.code == StoreCode::broken;
}

void require(const StoreStatus& status, const char* what) {
  if (!status.ok()) throw ConfigError("options.store", std::string(what) + ": " + status.detail);
}

}  // namespace

void Committer::open(const Moment& moment) {
  shared_ = store_.traits().shared;
  const auto opened = guard<Opened>(counts_.store_exceptions, StoreCode::unknown,
                                    [&] { return store_.open(worker_, moment.now); });
  require(opened.status, "can't be opened");
  rows_.start(opened.first_row);
  require(look_at_settings(), "can't be read");
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
      std::optional<Endpoint> endpoint = model::to_endpoint(stored, sealing_);
      if (!endpoint) {
        if (const std::string key = model::missing_key(stored, sealing_); !key.empty()) {
          if (changed_after == 0) {  // at the start: nothing has been promised yet
            throw ConfigError("options.sealing", "lacks a key that endpoints are sealed with", key);
          }
          host_.trouble("endpoint " + stored.id.text() + " is not served: options.sealing lacks ",
                        "the key " + key);
          continue;
        }
        host_.trouble("endpoint " + stored.id.text() + " is not served: ",
                      "its record can't be read");
        continue;
      }
      const Member* known = roster_.find(stored.id);
      if (known != nullptr && known->endpoint.version == endpoint->version) continue;
      put_endpoint(*endpoint, moment);
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

// Read before the settings, so that what changes meanwhile is noticed the next time.
StoreStatus Committer::look_at_settings() {
  const std::string key(settings_mark_key);
  const Records found = find({.kind = RecordKind::notes, .key_prefix = key, .limit = 1});
  if (!found.status.ok()) return found.status;
  const bool any = !found.notes.empty() && found.notes.front().key == key;
  const std::string mark = any ? found.notes.front().value : std::string();
  if (mark == settings_mark_) return {};
  StoreStatus status = load_settings();
  if (status.ok()) settings_mark_ = mark;
  return status;
}

StoreStatus Committer::load_settings() {
  Query query{
      .kind = RecordKind::notes, .key_prefix = std::string(settings_prefix), .limit = page_max};
  do {
    Records page = find(query);
    if (!page.status.ok()) return page.status;
    for (const Note& note : page.notes) {
      const std::string tenant = note.key.substr(settings_prefix.size());
      if (const auto settings = model::to_settings(note.value)) {
        roster_.configure(tenant, *settings);
        host_.settings_changed(tenant, *settings);
      }
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
    for (const Note& note : page.notes) tell_notice(note);
    query.after = std::move(page.next);
  } while (!query.after.empty());
  return {};
}

Records Committer::find(const Query& query) {
  return guard<Records>(counts_.store_exceptions, StoreCode::unavailable,
                        [&] { return store_.find(query); });
}

// Endpoints that have changed and could not be read then.
void Committer::read_unread(const Moment& moment) {
  read_again_at_ = moment.steady + fetch_again;
  const std::vector<EndpointId> ids(unread_.begin(), unread_.end());
  for (const EndpointId& id : ids) refresh_endpoint(id, moment);
}

void Committer::fetch(const Moment& moment) {
  const std::vector<LaneCursor> cursors = book_.wanted(moment.now, fetch_lanes_max);
  if (cursors.empty()) return;
  if (book_.lively(moment.now)) read_on_at_ = moment.steady + read_on_after;
  auto pages = guard<Pages>(counts_.store_exceptions, StoreCode::unavailable,
                            [&] { return store_.fetch(cursors, moment.now); });
  const bool complete = pages.lanes.size() == cursors.size();
  if (!pages.status.ok() || !complete) {
    for (const LaneCursor& cursor : cursors) book_.spill(cursor.endpoint);
    if (fetch_at_ == SteadyTime{})
      host_.trouble("the store can't be read: ", pages.status.ok()
                                                     ? "it gave no page for some lanes"
                                                     : std::string_view(pages.status.detail));
    fetch_at_ = moment.steady + fetch_again;
    return;
  }
  if (std::exchange(fetch_at_, SteadyTime{}) != SteadyTime{})
    host_.trouble("the store can be read again", {});
  try {
    for (LanePage& page : pages.lanes) {
      for (Waiting& row : book_.accept(std::move(page))) feed(std::move(row));
    }
  } catch (...) {
    for (const LaneCursor& cursor : cursors) book_.spill(cursor.endpoint);
    throw;
  }
}

void Committer::acquire(const Moment& moment) {
  take_grants(moment);
  acquire_at_ = moment.steady + acquire_again;
  free_due_ = TimePoint::max();
  std::vector<EndpointId> idle = book_.idle(moment.now, acquire_lanes_max);
  // Those whose rows are being given up are kept until that is done.
  std::erase_if(idle, [&](const EndpointId& id) {
    const auto alarm = alarm_of_.find(id);
    return alarm != alarm_of_.end() && alarm->second <= moment.now;
  });
  release(idle, moment);
  if (grants_in_doubt_ && at_rest()) look_for_grants(moment);
  if (!at_rest() || grants_in_doubt_ || book_.rows() >= limits_.rows_max) return;
  auto grants = guard<Grants>(counts_.store_exceptions, StoreCode::unknown,
                              [&] { return store_.acquire(moment.now, acquire_lanes_max); });
  grants_in_doubt_ = may_have_happened(grants.status);
  const bool more = !grants.lanes.empty() && grants.next_due && *grants.next_due <= moment.now;
  if (grants.status.ok()) acquire_at_ = moment.steady + (more ? Duration::zero() : acquire_rarely);
  if (grants.next_due && *grants.next_due > moment.now) free_due_ = *grants.next_due;
  std::reverse(grants.lanes.begin(), grants.lanes.end());
  grants_ = std::move(grants.lanes);
  take_grants(moment);
}

// From the back, the longest due first.
void Committer::take_grants(const Moment& moment) {
  for (; !grants_.empty(); grants_.pop_back()) {
    const LaneGrant& grant = grants_.back();
    if (roster_.find(grant.endpoint) == nullptr) refresh_endpoint(grant.endpoint, moment);
    if (book_.holds(grant.endpoint) && book_.epoch(grant.endpoint) != grant.epoch) {
      lost_.push_back(grant.endpoint);  // and got again, before a heartbeat could say so
      leave_lost_lanes();
    }
    book_.hold(grant.endpoint, grant.epoch);
    const auto route = routes_.find(grant.endpoint);
    const bool served = route != routes_.end() && route->second.destination &&
                        route->second.destination->status == Status::active;
    if (!served) book_.close(grant.endpoint);
    look_again_at(grant.endpoint, moment.now);
  }
}

// The answer that named them got lost, and the store names each lane once: which are ours is read
// from it. Those that we know of are read again, since others may have put rows into them.
void Committer::look_for_grants(const Moment& moment) {
  Query query{.kind = RecordKind::lanes, .limit = page_max};
  do {
    Records page = find(query);
    if (!page.status.ok()) return;
    for (const LaneDue& lane : page.lanes) {
      if (lane.epoch != 0) grants_.push_back({lane.endpoint, lane.epoch, lane.due});
    }
    query.after = std::move(page.next);
  } while (!query.after.empty());
  grants_in_doubt_ = false;
  take_grants(moment);
}

void Committer::release(const std::vector<EndpointId>& lanes, const Moment& moment) {
  if (lanes.empty()) return;
  Plan plan;
  for (const EndpointId& id : lanes) plan.add(release_of(id, moment), PlannedRelease{id});
  plan_ = std::move(plan);
  carry_out(moment);
}

// A heartbeat was not answered, and may have named lanes that were lost: each lane is asked for,
// and nothing is sent beyond the time that was trusted until that is known.
void Committer::ask_who_holds(const Moment& moment) {
  Plan plan;
  for (const EndpointId& id : book_.held())
    plan.add({.only_if = {LaneHeld{id, book_.epoch(id)}}, .writes = {}}, PlannedHolding{id});
  if (!plan.empty()) {
    plan_ = std::move(plan);
    carry_out(moment);
  }
  if (!at_rest()) return;
  holdings_in_doubt_ = false;  // the next heartbeat, soon, renews the lease
  leave_lost_lanes();
}

void Committer::leave_lost_lanes() {
  for (; !lost_.empty(); lost_.pop_back()) {
    const EndpointId id = lost_.back();
    lose_lane(id);
    const auto route = routes_.find(id);
    if (route == routes_.end() || !route->second.destination) continue;
    host_.send(route->second.shard, CloseLane{id});
    host_.send(route->second.shard, PutDestination{route->second.destination});
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
    // Whoever takes a disabled one gives its rows up; the others' are given up without the lane.
    hold = member->endpoint.status == Status::disabled ? TimePoint{} : TimePoint::max();
    change.only_if.emplace_back(EndpointAt{id, member->endpoint.version});
  } else if (route == routes_.end() || !route->second.destination) {
    hold = moment.now + not_for_us;
  }
  change.writes.emplace_back(ReleaseLane{id, hold});
  return change;
}

// The heartbeat: it alone keeps the lanes. Sending stops a margin before the lease ends, counted
// from before the call; so it does where the endpoints can't be read, since one of them may have
// been stopped.
void Committer::beat(const Moment& moment) {
  const SteadyTime started = moment.steady;
  beat_at_ = started + std::min<Duration>(worker_.lease / 10, Duration{500});
  auto answer = guard<Beat>(counts_.store_exceptions, StoreCode::unknown,
                            [&] { return store_.heartbeat(moment.now); });
  if (!answer.status.ok()) {
    if (may_have_happened(answer.status)) holdings_in_doubt_ = true;
    return;
  }
  lost_ = std::move(answer.lost);
  leave_lost_lanes();
  if (answer.endpoints_version != endpoints_version_) {
    if (!load_endpoints(endpoints_version_, moment).ok()) return;
    endpoints_version_ = answer.endpoints_version;
  }
  if (!look_at_settings().ok()) return;
  beat_at_ = started + worker_.lease / 3;
  if (!holdings_in_doubt_) trust_from(started);
}

// Sending stops, and the endpoints known are no longer believed to be all, a margin before the
// lease ends.
void Committer::trust_from(SteadyTime started) {
  trusted_until_ = started + worker_.lease - worker_.lease / 5;
  for (std::size_t shard = 0; shard < shards_; ++shard)
    host_.send(shard, TrustUntil{trusted_until_});
  host_.endpoints_known_until(trusted_until_);
}

// False while others may have made endpoints that events must be routed to.
bool Committer::knows_endpoints(const Moment& moment) const {
  return !shared_ || moment.steady < trusted_until_;
}

void Committer::checkpoint() noexcept {
  if (!std::exchange(checkpoint_due_, false)) return;
  try {
    store_.checkpoint();
  } catch (...) {
    ++counts_.store_exceptions;
  }
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
