#include "store/rules.hpp"

#include <algorithm>
#include <type_traits>
#include <variant>

namespace hookwright::stores {
namespace {

constexpr std::size_t key_bytes_max = 512;
constexpr std::size_t value_bytes_max = std::size_t{64} << 10U;
constexpr std::size_t excerpt_bytes_max = std::size_t{4} << 10U;
constexpr std::size_t query_limit_max = 1'000;

struct Storable {
  bool operator()(const PutEvent& put) const { return put.event != nullptr; }
  bool operator()(const PutAttempt& put) const {
    return put.attempt.excerpt.size() <= excerpt_bytes_max;
  }
  bool operator()(const PutNote& put) const {
    return put.note.key.size() <= key_bytes_max && put.note.value.size() <= value_bytes_max;
  }
  template <class Other>
  bool operator()(const Other& /*write*/) const {
    return true;
  }
};

std::string big_endian(std::uint64_t number) {
  std::string bytes(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(number >> (56U - 8U * i));
  return bytes;
}

std::uint64_t from_big_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char c : bytes) number = (number << 8U) | static_cast<unsigned char>(c);
  return number;
}

char tag_of(RecordKind kind) {
  return static_cast<char>('a' + static_cast<int>(kind));
}

// What is set in a query, one bit a filter.
enum Filter : unsigned {
  by_tenant = 1U,
  by_endpoint = 2U,
  by_delivery = 4U,
  by_event = 8U,
  by_result = 16U,
  by_change = 32U,
  by_prefix = 64U,
  by_type = 128U,
  by_since = 256U,
  by_until = 512U,
};

unsigned filters_of(const Query& query) {
  unsigned set = 0;
  if (!query.tenant.empty()) set |= by_tenant;
  if (query.endpoint) set |= by_endpoint;
  if (query.delivery) set |= by_delivery;
  if (query.event) set |= by_event;
  if (query.result) set |= by_result;
  if (query.changed_after != 0) set |= by_change;
  if (!query.key_prefix.empty()) set |= by_prefix;
  if (!query.type.empty()) set |= by_type;
  if (query.since) set |= by_since;
  if (query.until) set |= by_until;
  return set;
}

struct Grammar {
  const char* kind;
  unsigned allowed;
  unsigned one_of;  // 0: none is needed
};

Grammar grammar_of(RecordKind kind) {
  switch (kind) {
    case RecordKind::endpoints:
      return {"endpoints", by_tenant | by_endpoint | by_change, 0};
    case RecordKind::lanes:
      return {"lanes", by_endpoint, 0};
    case RecordKind::waiting:
      return {"waiting", by_endpoint | by_delivery, by_endpoint};
    case RecordKind::attempts:
      return {"attempts", by_endpoint | by_delivery | by_result | by_type | by_since | by_until,
              by_endpoint | by_delivery};
    case RecordKind::dead_letters:
      return {"dead_letters", by_tenant | by_endpoint | by_delivery | by_type | by_since | by_until,
              0};
    case RecordKind::events:
      return {"events", by_event | by_tenant | by_since, by_event | by_tenant};
    case RecordKind::notes:
      return {"notes", by_prefix, 0};
  }
  return {"records", 0, 0};
}

}  // namespace

bool storable(const Write& write) {
  return std::visit(Storable{}, write);
}

std::optional<std::string> mistake_in(const Query& query) {
  const Grammar grammar = grammar_of(query.kind);
  const unsigned set = filters_of(query);
  if ((set & ~grammar.allowed) != 0) {
    return std::string("find: a filter is set that ") + grammar.kind + " do not have";
  }
  if (grammar.one_of != 0 && (set & grammar.one_of) == 0) {
    return std::string("find: a filter is missing that ") + grammar.kind + " need";
  }
  return std::nullopt;
}

bool matches(const Query& query, std::string_view type, TimePoint at) {
  if (!query.type.empty() && query.type != type) return false;
  if (query.since && at < *query.since) return false;
  return !query.until || at < *query.until;
}

std::size_t limit_of(const Query& query) {
  return std::clamp<std::size_t>(query.limit, 1, query_limit_max);
}

std::string_view bytes_of(const IdBytes& id) {
  // A view of the same bytes as text; both are character types.
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

std::string cursor(RecordKind kind, std::string_view bytes) {
  std::string made(1, tag_of(kind));
  made.append(bytes);
  return made;
}

std::string cursor(RecordKind kind, std::uint64_t number) {
  return cursor(kind, big_endian(number));
}

std::string cursor(RecordKind kind, const LanePosition& position) {
  return cursor(kind,
                big_endian(static_cast<std::uint64_t>(position.due.time_since_epoch().count())) +
                    big_endian(position.row));
}

std::optional<std::string_view> cursor_bytes(const Query& query) {
  if (query.after.empty() || query.after.front() != tag_of(query.kind)) return std::nullopt;
  return std::string_view(query.after).substr(1);
}

std::optional<std::uint64_t> cursor_number(const Query& query) {
  const auto bytes = cursor_bytes(query);
  if (!bytes || bytes->size() != 8) return std::nullopt;
  return from_big_endian(*bytes);
}

std::optional<LanePosition> cursor_position(const Query& query) {
  const auto bytes = cursor_bytes(query);
  if (!bytes || bytes->size() != 16) return std::nullopt;
  const auto due = static_cast<std::int64_t>(from_big_endian(bytes->substr(0, 8)));
  return LanePosition{TimePoint(Duration(due)), from_big_endian(bytes->substr(8))};
}

std::optional<IdBytes> cursor_id(const Query& query) {
  const auto bytes = cursor_bytes(query);
  IdBytes id;
  if (!bytes || bytes->size() != id.bytes.size()) return std::nullopt;
  std::ranges::transform(*bytes, id.bytes.begin(),
                         [](char c) { return static_cast<std::uint8_t>(c); });
  return id;
}

}  // namespace hookwright::stores
