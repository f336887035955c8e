#include <bit>
#include <utility>

#include "dispatcher/core.hpp"
#include "hookwright/error.hpp"

namespace hookwright {

namespace {

constexpr std::size_t key_max = 255;

void check_latch(const Latch& latch) {
  if (latch.key.empty() || latch.key.size() > key_max) {
    throw ConfigError("publish.latch.key", "must be 1 to 255 bytes",
                      std::to_string(latch.key.size()) + " bytes");
  }
  if (!std::has_single_bit(latch.part) || (latch.parts & latch.part) == 0) {
    throw ConfigError("publish.latch.part", "must be one bit, and one of parts",
                      std::to_string(latch.part));
  }
  if (latch.keep && (*latch.keep <= Duration::zero() || *latch.keep > longest_span)) {
    throw ConfigError("publish.latch.keep", "must be positive and at most ten years",
                      std::to_string(latch.keep->count()) + " ms");
  }
}

void check_options(const PublishOptions& options) {
  if (options.idempotency_key.size() > key_max) {
    throw ConfigError("publish.idempotency_key", "must be at most 255 bytes",
                      std::to_string(options.idempotency_key.size()) + " bytes");
  }
  if (options.idempotency_window < Duration::zero() || options.idempotency_window > longest_span) {
    throw ConfigError("publish.idempotency_window", "must not be negative, nor above ten years",
                      std::to_string(options.idempotency_window.count()) + " ms");
  }
  if (!options.latch) return;
  check_latch(*options.latch);
  if (!options.idempotency_key.empty()) {
    throw ConfigError("publish.latch", "must not stand beside an idempotency key");
  }
}

}  // namespace

bool DispatcherCore::listening(std::string_view tenant, std::string_view family,
                               std::string_view type) {
  check_tenant(tenant);
  const std::optional<std::size_t> index = listening_.type_index(family, type);
  if (!index) throw ConfigError("event.type", "is in no catalogue of this dispatcher", type);
  if (listening_.anyone(tenant, *index)) return true;
  // Not known to be complete: the store thread will route it by what the store says then.
  const SteadyTime::duration known_until = endpoints_known_until_;
  if (known_until == SteadyTime::duration::max()) return false;
  return options_.clock->steady().time_since_epoch() >= known_until;
}

Receipt DispatcherCore::nobody() {
  ++counters_.nobody;
  return {};
}

Receipt DispatcherCore::refused(Refusal refusal, std::string message) {
  ++counters_.refused;
  Receipt receipt;
  receipt.publication_ = Publication::refused;
  receipt.refusal_ = refusal;
  receipt.message_ = std::move(message);
  return receipt;
}

Receipt DispatcherCore::publish(std::string_view tenant, std::vector<EncodedEvent>&& events,
                                const PublishOptions& options) {
  check_options(options);
  engine::Submission submission;
  for (EncodedEvent& event : events) {
    if (!event.ok()) return refused(Refusal::unrepresentable, std::move(event.refusal));
    if (!listening(tenant, event.family, event.type) && !options.latch) continue;
    if (!event.id) throw ConfigError("event.id", "is missing: encode() gives one");
    if (event.body.size() > options_.limits.body_bytes_max) {
      return refused(Refusal::body_too_large,
                     "the body of " + event.type + " has " + std::to_string(event.body.size()) +
                         " bytes, the limit is " + std::to_string(options_.limits.body_bytes_max) +
                         " (Express's receivers take 102400 unless told otherwise)");
    }
    counters_.replaced += event.replaced;
    submission.bytes += event.body.size();
    submission.events.push_back(
        std::make_shared<const StoredEvent>(StoredEvent{.id = event.id,
                                                        .tenant = std::string(tenant),
                                                        .type = std::move(event.type),
                                                        .family = std::move(event.family),
                                                        .at = event.at,
                                                        .body = std::move(event.body)}));
  }
  if (submission.events.empty()) return nobody();
  if (options.expires) submission.expires = *options.expires;
  submission.attempts_max = options.attempts_max;
  if (!options.idempotency_key.empty()) {
    submission.idempotency_note =
        "idempotency/" + std::string(tenant) + '\0' + options.idempotency_key;
    submission.idempotency_window = options.idempotency_window;
  }
  if (options.latch) {
    submission.latch = {.note = "latch/" + std::string(tenant) + '\0' + options.latch->key,
                        .part = options.latch->part,
                        .parts = options.latch->parts,
                        .keep = options.latch->keep};
  }
  return enqueue(std::move(submission));
}

Receipt DispatcherCore::enqueue(engine::Submission&& submission) {
  if (closed_) return refused(Refusal::shutting_down, "the dispatcher is shutting down");
  if (!accepting_) {
    const std::lock_guard lock(inbox_mutex_);
    return refused(Refusal::store_unavailable, "the store has been failing: " + why_not_);
  }
  const std::size_t events = submission.events.size();
  const std::size_t bytes = submission.bytes;
  Receipt receipt;
  receipt.publication_ = Publication::queued;
  receipt.state_ = std::make_shared<detail::ReceiptState>();
  receipt.state_->link = link_;
  receipt.state_->event = submission.events.front()->id;
  submission.receipt = receipt.state_;
  std::list<engine::Queued> one;
  one.emplace_back(std::move(submission));
  bool wake = false;
  {
    const std::lock_guard lock(inbox_mutex_);
    if (store_stop_) return refused(Refusal::shutting_down, "the dispatcher is shutting down");
    if (queued_events_ + events > options_.limits.inbox_events_max ||
        queued_bytes_ + bytes > options_.limits.inbox_bytes_max) {
      return refused(Refusal::inbox_full, "the inbox is full: the store does not keep up");
    }
    queued_events_ += events;
    queued_bytes_ += bytes;
    store_idle_ = false;
    inbox_.queue.splice(inbox_.queue.end(), one);
    wake = store_waits_;
  }
  counters_.published += events;
  if (wake) inbox_changed_.notify_one();
  if (!has_threads()) wake_store();
  return receipt;
}

}  // namespace hookwright
