#include <algorithm>
#include <unordered_set>
#include <utility>

#include "dispatcher/core.hpp"
#include "dispatcher/page_mark.hpp"
#include "event/body_fields.hpp"
#include "hookwright/filter.hpp"
#include "policy/conditions.hpp"

// Recovery reads on the caller's thread, beside everything else, and hands over what it found in
// small operations that take turns with live traffic on the store thread.
namespace hookwright {

namespace {

constexpr std::size_t page_rows = 250;  // looked at, and made again, in one operation
constexpr int pages_max = 64;           // read in one call, however few of the records concern it
constexpr std::size_t waiting_max = 100'000;
constexpr Duration latched_for = std::chrono::hours(24 * 31);

// Of an event's first delivery to an endpoint, where recovery has made it, or another in its place.
std::string latch_of(const DeliveryId& delivery) {
  return "revived/" + delivery.text();
}

class Recoverer {
 public:
  Recoverer(DispatcherCore& core, const Endpoint& endpoint, const Recovery& what)
      : core_(core), endpoint_(endpoint), what_(what) {}

  Recovered run() {
    result_.complete_since = complete_since();
    const std::optional<std::string> cursor = from_mark(what_.after);
    if (!cursor) {
      result_.outcome = EndpointOutcome::ok;
      return std::move(result_);
    }
    after_ = *cursor;
    if (what_.what == Recovery::What::missing) {
      run_missing();
    } else {
      run_dead_letters();
    }
    return std::move(result_);
  }

 private:
  bool ask(const Query& query, Records& found) {
    try {
      found = core_.store().find(query);
    } catch (...) {
      found.status = {StoreCode::unavailable, "it threw"};
    }
    if (!found.status.ok()) result_.outcome = EndpointOutcome::store_unavailable;
    return found.status.ok();
  }

  // False: it ends here.
  bool send(std::vector<engine::Revival>&& revivals) {
    result_.outcome = EndpointOutcome::ok;
    if (revivals.empty()) return true;
    const engine::Revived revived =
        core_.carry_out(engine::RecoverOp{.tenant = endpoint_.tenant,
                                          .id = endpoint_.id,
                                          .what = std::move(revivals),
                                          .at_once = static_cast<bool>(what_.delivery)});
    result_.outcome = revived.outcome;
    result_.sent += revived.sent;
    return result_.outcome == EndpointOutcome::ok;
  }

  void run_dead_letters() {
    Query query{.kind = RecordKind::dead_letters,
                .endpoint = endpoint_.id,
                .delivery = what_.delivery,
                .type = what_.only.type,
                .since = what_.only.since,
                .until = what_.only.until,
                .after = after_};
    bool more = true;
    for (int pages = 0; more && pages < pages_max && result_.looked_at < what_.at_most; ++pages) {
      query.limit = std::min(page_rows, what_.at_most - result_.looked_at);
      Records found;
      if (!ask(query, found)) return;
      result_.looked_at += found.dead_letters.size();
      // The newest come first; the oldest are to be sent first, within a page.
      std::reverse(found.dead_letters.begin(), found.dead_letters.end());
      std::vector<engine::Revival> revivals;
      for (DeadLetter& letter : found.dead_letters) revivals.push_back(revive(std::move(letter)));
      if (!send(std::move(revivals))) return;
      query.after = found.next;
      result_.next = to_mark(found.next);
      more = !found.next.empty();
    }
    if (what_.delivery && result_.looked_at == 0) result_.outcome = EndpointOutcome::not_found;
  }

  engine::Revival revive(DeadLetter&& letter) {
    engine::Revival revival;
    revival.dead_letter = letter.id;
    revival.delivery =
        what_.new_id ? core_.ids().next<DeliveryId>(core_.wall()) : DeliveryId{letter.id};
    // A delivery may die more than once, each time with another row.
    revival.latch = "revived/" + letter.id.text() + '/' + std::to_string(letter.row);
    revival.latched_until = std::max(letter.expires, core_.wall() + latched_for);
    // Whoever looks for missing events finds neither this dead letter nor an attempt.
    if (what_.new_id || letter.attempts == 0)
      revival.mark = latch_of(engine::delivery_id(letter.event.id, endpoint_.id));
    revival.event = std::make_shared<const StoredEvent>(std::move(letter.event));
    return revival;
  }

  void run_missing() {
    Query query{.kind = RecordKind::events,
                .tenant = endpoint_.tenant,
                .since = what_.only.since,
                .after = after_};
    const auto profile = core_.profile(endpoint_.profile);
    bool more = profile != nullptr;
    for (int pages = 0; more && pages < pages_max && result_.looked_at < what_.at_most; ++pages) {
      query.limit = std::min(page_rows, what_.at_most - result_.looked_at);
      Records found;
      if (!ask(query, found)) return;
      result_.looked_at += found.events.size();
      std::vector<engine::Revival> revivals;
      for (const auto& event : found.events) {
        if (!wanted(*event, *profile)) continue;
        const DeliveryId delivery = engine::delivery_id(event->id, endpoint_.id);
        revivals.push_back({.event = event,
                            .delivery = delivery,
                            .latch = latch_of(delivery),
                            .latched_until = core_.wall() + latched_for});
      }
      if (!leave_unknown(revivals) || !send(std::move(revivals))) return;
      query.after = found.next;
      result_.next = to_mark(found.next);
      more = !found.next.empty();
    }
    if (!more && result_.outcome == EndpointOutcome::store_unavailable)
      result_.outcome = EndpointOutcome::inactive;
  }

  [[nodiscard]] bool wanted(const StoredEvent& event, const Profile& profile) const {
    if (what_.only.since && event.at < *what_.only.since) return false;
    if (event.at < history_since()) return false;
    if (what_.only.until && event.at >= *what_.only.until) return false;
    if (!what_.only.type.empty() && event.type != what_.only.type) return false;
    if (!same_family(profile.family, event.family)) return false;
    const bool subscribed =
        std::any_of(endpoint_.events.begin(), endpoint_.events.end(),
                    [&](const std::string& pattern) { return matches(pattern, event.type); });
    return subscribed && (endpoint_.conditions.empty() ||
                          policy::met(endpoint_.conditions, event::BodyFields(event.body)));
  }

  // Leaves those that there is no delivery of. A row is there as soon as its event is, and from
  // there it goes into the history, or becomes a dead letter: looked for in this order, beside live
  // traffic, none is passed over. The first look spares most calls the reading of the lane.
  bool leave_unknown(std::vector<engine::Revival>& revivals) {
    if (!drop_known(revivals)) return false;
    if (revivals.empty()) return true;
    std::unordered_set<DeliveryId> waiting;
    if (!read_waiting(waiting)) return false;
    std::erase_if(revivals, [&](const auto& one) { return waiting.contains(one.delivery); });
    return drop_known(revivals);
  }

  // Those that were ever attempted, or have died.
  bool drop_known(std::vector<engine::Revival>& revivals) {
    bool all_read = true;
    std::erase_if(revivals, [&](const engine::Revival& one) {
      bool known = false;
      all_read = all_read && look_for(one.delivery, known);
      return known;
    });
    return all_read;
  }

  bool read_waiting(std::unordered_set<DeliveryId>& waiting) {
    Query query{.kind = RecordKind::waiting, .endpoint = endpoint_.id, .limit = 1'000};
    do {
      Records found;
      if (!ask(query, found)) return false;
      for (const Waiting& row : found.waiting) waiting.insert(row.delivery.id);
      query.after = std::move(found.next);
      if (waiting.size() > waiting_max) {
        result_.outcome = EndpointOutcome::busy;
        return false;
      }
    } while (!query.after.empty());
    return true;
  }

  // Whether a delivery was ever attempted, or has died.
  bool look_for(const DeliveryId& delivery, bool& known) {
    for (const RecordKind kind : {RecordKind::attempts, RecordKind::dead_letters}) {
      Records found;
      if (!ask({.kind = kind, .delivery = delivery, .limit = 1}, found)) return false;
      known = known || !found.attempts.empty() || !found.dead_letters.empty();
    }
    return true;
  }

  // Of what is older, and kept all the same, nobody knows whether it was attempted.
  [[nodiscard]] TimePoint history_since() const {
    return core_.wall() - core_.options().limits.attempt_retention;
  }

  [[nodiscard]] TimePoint complete_since() const {
    const TimePoint kept = core_.wall() - core_.options().limits.event_retention;
    return std::max({kept, history_since(), endpoint_.subscribed});
  }

  DispatcherCore& core_;
  const Endpoint& endpoint_;
  const Recovery& what_;
  std::string after_{};
  Recovered result_{};
};

}  // namespace

Recovery Recovery::resend(DeliveryId delivery, bool new_id) {
  return {.delivery = delivery, .new_id = new_id};
}

Recovery Recovery::since(TimePoint time) {
  return {.only = {.since = time}};
}

Recovery Recovery::missing_since(TimePoint time) {
  return {.what = What::missing, .only = {.since = time}};
}

Recovered recover(DispatcherCore& core, const Endpoint& endpoint, const Recovery& what) {
  return Recoverer(core, endpoint, what).run();
}

}  // namespace hookwright
