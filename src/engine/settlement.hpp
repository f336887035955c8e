#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "engine/messages.hpp"
#include "engine/roster.hpp"
#include "hookwright/observer.hpp"
#include "hookwright/sealing.hpp"
#include "hookwright/store_batch.hpp"

namespace hookwright::engine {

// Numbers rows for one worker.
class RowNumbers {
 public:
  void start(std::uint64_t first) { next_ = first; }
  std::uint64_t next() { return next_++; }

 private:
  std::uint64_t next_ = 1;
};

// What the end of an attempt means for the records: one change, applied whole.
struct Settlement {
  Change change{};
  std::optional<Delivery> again{};        // the row of the next attempt
  bool of_endpoint = false;               // the change names the version of the endpoint
  std::unique_ptr<Endpoint> endpoint{};   // the endpoint as the change leaves it, if it changes
  std::vector<Note> notices{};            // written by the change
  std::optional<AttemptResult> result{};  // none if the attempt was spared
  bool orphan = false;                    // its endpoint is gone
};

// Whom a notice of an endpoint is for is written into it.
struct SettleContext {
  TimePoint now{};
  std::string address{};
};

// `member` is null if the endpoint is gone: the row is dropped then, whatever happened.
// `spared_by_success`: the endpoint has answered 2xx since the delivery's first attempt, which
// matters to ExhaustEndpoint::unless_succeeded_since only.
[[nodiscard]] Settlement settle(const Outcome& outcome, const Member* member,
                                bool spared_by_success, const SettleContext& context,
                                RowNumbers& rows, const Sealing& sealing);

// The dead letter of a row whose lane came to an end.
[[nodiscard]] DeadLetter dead_letter(const Waiting& row, const DeliveryPolicy& policy,
                                     DeathReason reason, TimePoint now, std::uint64_t number);

// A note that carries a notice.
[[nodiscard]] Note notice_note(const Notice& notice, std::uint64_t row);

// Key of the note that carries a notice.
[[nodiscard]] std::string notice_key(std::uint64_t row);
inline constexpr std::string_view notice_prefix = "notice/";
// Of the note that keeps a tenant's settings; the tenant follows.
inline constexpr std::string_view settings_prefix = "tenant/";
// Of the one whose value is another whenever any of those changes.
inline constexpr std::string_view settings_mark_key = "tenants";

// Towards which limit of its tenant's an endpoint counts: StoredEndpoint::counts.
inline constexpr std::uint8_t counts_as_active = 1;
inline constexpr std::uint8_t counts_as_unverified = 2;
[[nodiscard]] std::uint8_t counts(const Endpoint& endpoint, const Profile& profile);
// What must hold where one is to count that did not before.
[[nodiscard]] TenantCountBelow room_for(const Endpoint& endpoint, const Profile& profile,
                                        std::uint8_t counted);

}  // namespace hookwright::engine
