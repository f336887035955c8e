#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "hookwright/export.hpp"
#include "hookwright/time.hpp"

namespace hookwright {

// 128 bits of identity, made by the library as a UUIDv7 (RFC 9562): 48 bits of milliseconds, a
// counter, and random bits. Ids made by one process rise strictly, whatever the wall clock does, so
// they sort by age and never repeat.
struct IdBytes {
  std::array<std::uint8_t, 16> bytes{};
  friend auto operator<=>(const IdBytes&, const IdBytes&) = default;
};

namespace detail {
HOOKWRIGHT_EXPORT std::string id_text(std::string_view prefix, const IdBytes& id);
HOOKWRIGHT_EXPORT std::optional<IdBytes> parse_id(std::string_view prefix, std::string_view text);
}  // namespace detail

// An opaque id of one kind. The kinds are distinct types, so an event's id can't be passed where an
// endpoint's is meant.
//
// Outside the process an id is text: the kind's prefix and 22 base-62 characters ("msg_0Aq3...",
// Ours), which sort as the ids do and hold no '.', as Standard Webhooks requires of `webhook-id`.
// It is never a JSON number.
template <class Kind>
struct Id : IdBytes {
  [[nodiscard]] std::string text() const { return detail::id_text(Kind::prefix, *this); }

  // Nothing if `text` is not exactly what text() writes.
  [[nodiscard]] static std::optional<Id> parse(std::string_view text) {
    const std::optional<IdBytes> parsed = detail::parse_id(Kind::prefix, text);
    if (!parsed) return std::nullopt;
    return Id{*parsed};
  }

  // False for the id that a default-made record holds.
  explicit operator bool() const { return *this != Id{}; }
  friend auto operator<=>(const Id&, const Id&) = default;
};

struct EventKind {
  static constexpr std::string_view prefix = "msg_";
};
struct EndpointKind {
  static constexpr std::string_view prefix = "ep_";
};
struct DeliveryKind {
  static constexpr std::string_view prefix = "del_";
};

using EventId = Id<EventKind>;        // one event of one tenant; the value of `webhook-id`
using EndpointId = Id<EndpointKind>;  // one subscription
using DeliveryId = Id<DeliveryKind>;  // one event to one endpoint; the same on every retry

// Makes ids. Every dispatcher has one; `encode` uses one of the process.
//
// Threads: safe from any. Time: passed in; an id never sorts before an earlier one of the same
// generator.
class HOOKWRIGHT_EXPORT IdGenerator {
 public:
  // Seed 0 draws from the operating system. Any other seed gives the same ids in every run: for
  // tests and simulations.
  explicit IdGenerator(std::uint64_t seed = 0);
  ~IdGenerator();
  IdGenerator(IdGenerator&&) noexcept;
  IdGenerator& operator=(IdGenerator&&) noexcept;

  template <class AnyId>
  [[nodiscard]] AnyId next(TimePoint now) {
    return AnyId{next_bytes(now)};
  }

 private:
  IdBytes next_bytes(TimePoint now);
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hookwright

template <class Kind>
struct std::hash<hookwright::Id<Kind>> {
  std::size_t operator()(const hookwright::Id<Kind>& id) const noexcept {
    std::size_t h = 0;  // the last eight bytes are random; mixing in the others costs nothing
    for (std::uint8_t b : id.bytes) h = h * 0x100000001B3ULL ^ b;
    return h;
  }
};
