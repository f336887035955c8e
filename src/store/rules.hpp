#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hookwright/export.hpp"
#include "hookwright/store.hpp"

// What every store of ours decides alike. Exported for the components that are libraries of their
// own.
namespace hookwright::stores {

// Records that a query looks at in one call before it hands back what it has, so that no filter
// can make one call long.
inline constexpr std::size_t examined_max = 10'000;

// Rows of a lane that are counted at most.
inline constexpr std::size_t counted_max = 1'000'000;

// Worker n numbers its rows from here (n from 0).
[[nodiscard]] constexpr std::uint64_t first_row_of(std::uint64_t n) {
  return (n << 40U) + 1;
}

// False if no store keeps such a record, whatever is in it already.
[[nodiscard]] HOOKWRIGHT_EXPORT bool storable(const Write& write);

// What is wrong with a question: a filter its kind does not have, or a missing one that it needs.
[[nodiscard]] HOOKWRIGHT_EXPORT std::optional<std::string> mistake_in(const Query& query);

// Whether something of that type and time matches the filters for them.
[[nodiscard]] HOOKWRIGHT_EXPORT bool matches(const Query& query, std::string_view type,
                                             TimePoint at);

// `query.limit`, brought into its range.
[[nodiscard]] HOOKWRIGHT_EXPORT std::size_t limit_of(const Query& query);

// True once something that expires at `expires` has; the epoch is never.
[[nodiscard]] constexpr bool expired(TimePoint expires, TimePoint now) {
  return expires != TimePoint{} && expires <= now;
}

// Cursors: opaque outside, so each names the kind it belongs to. Reading one that no page gave
// yields nothing.
[[nodiscard]] HOOKWRIGHT_EXPORT std::string cursor(RecordKind kind, std::string_view bytes);
[[nodiscard]] HOOKWRIGHT_EXPORT std::string cursor(RecordKind kind, std::uint64_t number);
[[nodiscard]] HOOKWRIGHT_EXPORT std::string cursor(RecordKind kind, const LanePosition& position);
[[nodiscard]] HOOKWRIGHT_EXPORT std::optional<std::string_view> cursor_bytes(const Query& query);
[[nodiscard]] HOOKWRIGHT_EXPORT std::optional<std::uint64_t> cursor_number(const Query& query);
[[nodiscard]] HOOKWRIGHT_EXPORT std::optional<LanePosition> cursor_position(const Query& query);
[[nodiscard]] HOOKWRIGHT_EXPORT std::optional<IdBytes> cursor_id(const Query& query);

[[nodiscard]] HOOKWRIGHT_EXPORT std::string_view bytes_of(const IdBytes& id);

}  // namespace hookwright::stores
