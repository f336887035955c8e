#include "dispatcher/core.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "hookwright/error.hpp"

namespace hookwright {

namespace {

std::size_t share_of(std::size_t whole, double share) {
  return std::max<std::size_t>(
      1, static_cast<std::size_t>(std::floor(static_cast<double>(whole) * share)));
}

// Half of what may be unsettled stays for those that answer.
std::size_t waiting_max_of(const Limits& limits, std::size_t shards) {
  return std::min(3 * limits.in_flight_max, limits.unsettled_max / shards / 2);
}

engine::SenderBounds bounds_of(const Limits& limits, std::size_t shards) {
  return {.in_flight_max = limits.in_flight_max,
          .host_max = limits.host_in_flight_max,
          .tenant_max = share_of(limits.in_flight_max, limits.tenant_share_max),
          .slow_max = share_of(limits.in_flight_max, limits.slow_share_max),
          .untried_max = std::max<std::size_t>(1, limits.in_flight_max / 2),
          .waiting_max = waiting_max_of(limits, shards),
          .unsettled_max = std::max<std::size_t>(1, limits.unsettled_max / shards),
          .breaker_after = limits.breaker_after,
          .breaker_pause_max = limits.breaker_pause_max};
}

Worker worker_of(const Options& options, IdGenerator& ids, TimePoint now) {
  return {.id = ids.next<EventId>(now), .name = options.worker_name, .lease = options.lease};
}

}  // namespace

void check_tenant(std::string_view tenant) {
  if (tenant.empty() || tenant.size() > 128 || tenant.find('\0') != std::string_view::npos) {
    throw ConfigError("tenant", "must be 1 to 128 bytes, none of them NUL", tenant.substr(0, 128));
  }
}

DispatcherCore::DispatcherCore(Options&& options)
    : options_(complete(std::move(options))),
      profiles_(collect_profiles(options_)),
      ids_(options_.seed),
      listening_(options_.catalog),
      notifier_(options_.observer, options_.clock, options_.limits.reports_max,
                [this](const std::string& key) {
                  std::list<std::string> one{key};
                  {
                    const std::lock_guard lock(inbox_mutex_);
                    inbox_.told.splice(inbox_.told.end(), one);
                  }
                  wake_store();
                }),
      link_(std::make_shared<detail::ReceiptLink>()),
      endpoints_(make_endpoints(*this)) {
  link_->core = this;
  make_shards();
  const engine::Moment now = moment(store_timeline_);
  committer_ = std::make_unique<engine::Committer>(
      *options_.store, *this, profiles_, ids_, options_.limits, options_.egress, *options_.sealing,
      shards_.size(), worker_of(options_, ids_, now.wall));
  committer_->open(now);
  if (!has_threads()) return;
  try {
    start_threads();
  } catch (...) {
    shutdown(Duration::zero());
    throw;
  }
}

DispatcherCore::~DispatcherCore() {
  shutdown(Duration::zero());
}

void DispatcherCore::make_shards() {
  const std::size_t count = std::max<std::size_t>(1, options_.threads);
  for (std::size_t i = 0; i < count; ++i) {
    auto shard = std::make_unique<Shard>();
    shard->index = i;
    shard->transport = options_.transport(options_.egress);
    if (!shard->transport) throw ConfigError("options.transport", "made no transport");
    shard->sender =
        std::make_unique<engine::Sender>(bounds_of(options_.limits, count), options_.seed + i, i,
                                         *options_.signer, options_.user_agent);
    shards_.push_back(std::move(shard));
  }
}

engine::Moment DispatcherCore::moment(engine::Timeline& timeline) const {
  return timeline.at(options_.clock->wall(), options_.clock->steady());
}

std::shared_ptr<const Profile> DispatcherCore::profile(std::string_view name) const {
  const auto found = profiles_.find(name);
  return found == profiles_.end() ? nullptr : found->second;
}

// --- what the committer asks for

void DispatcherCore::send(std::size_t shard, engine::ToSender&& message) {
  Shard& to = *shards_[shard];
  std::list<engine::ToSender> one;
  one.push_back(std::move(message));
  bool first = false;
  {
    const std::lock_guard lock(to.mutex);
    first = to.inbox.empty();
    to.inbox.splice(to.inbox.end(), one);
  }
  if (first) to.transport->wake();
}

void DispatcherCore::stored(const engine::Submission& submission, Stored stored, EventId first,
                            std::string_view why) noexcept {
  const std::size_t events = submission.events.size();
  queued_events_ -= events;
  queued_bytes_ -= submission.bytes;
  if (stored == Stored::no || stored == Stored::unknown) {
    counters_.lost += events;
    notifier_.lost(submission, why);
  } else if (stored == Stored::yes) {
    counters_.stored += events;
  } else if (stored == Stored::recorded) {
    counters_.recorded += events;
  } else {
    counters_.duplicates += events;
  }
  notifier_.call(submission.receipt->settle(stored, first, why));
}

void DispatcherCore::endpoint_changed(const Endpoint& endpoint, const Profile* profile) {
  listening_.put(endpoint, profile);
}

void DispatcherCore::endpoint_removed(const std::string& tenant, EndpointId id) noexcept {
  listening_.remove(tenant, id);
}

void DispatcherCore::timed(Duration attempt, std::optional<Duration> latency) noexcept {
  attempt_duration_.add(attempt);
  if (latency) delivery_latency_.add(*latency);
}

void DispatcherCore::settings_changed(const std::string& tenant, const TenantSettings& settings) {
  listening_.keep_events(tenant, settings.keep_events);
}

Metrics DispatcherCore::metrics() const {
  Metrics m;
  m.published = counters_.published;
  m.nobody_listening = counters_.nobody;
  m.refused = counters_.refused;
  m.stored = counters_.stored;
  m.duplicates = counters_.duplicates;
  m.recorded = counters_.recorded;
  m.lost = counters_.lost;
  m.accepted = counters_.accepted;
  m.cancelled = counters_.cancelled;
  m.trials = counters_.trials;
  m.delivered = counters_.delivered;
  m.failed = counters_.failed;
  m.dead = counters_.dead;
  m.spared = counters_.spared;
  m.fenced = counters_.fenced;
  m.replaced_utf8 = counters_.replaced;
  m.plugin_errors = counters_.errors + counters_.store_errors + notifier_.errors();
  m.reports_dropped = notifier_.dropped();
  m.commits = counters_.commits;
  m.inbox_events = queued_events_;
  m.inbox_bytes = queued_bytes_;
  m.in_memory = in_memory_;
  m.attempt_duration = attempt_duration_.snapshot();
  m.delivery_latency = delivery_latency_.snapshot();
  for (const auto& shard : shards_) {
    m.attempts += shard->started;
    m.in_flight += shard->in_flight;
    m.plugin_errors += shard->errors + shard->sender_errors;
  }
  return m;
}

}  // namespace hookwright
