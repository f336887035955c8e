#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "hookwright/export.hpp"
#include "hookwright/fields.hpp"
#include "hookwright/id.hpp"
#include "hookwright/json.hpp"
#include "hookwright/time.hpp"

namespace hookwright {

// An event is a struct that says its name and its fields:
//
//     struct LinkExpired {
//       static constexpr std::string_view event_type = "link.expired";
//       std::int64_t id = 0;
//       std::string alias{};
//       std::optional<std::int64_t> total_clicks{};
//       void fields(auto& f) const {
//         f("id", id);
//         f("alias", alias);
//         f("totalClicks", total_clicks);
//       }
//     };
//
// and, if it likes,
//
//       static constexpr std::string_view event_family = "snipy";       // which product's event
//       static constexpr std::string_view event_description = "...";    // for the catalogue
//       static LinkExpired sample();                                    // for test events
//
// It stands at namespace scope (C++ allows neither the template nor the constant in a local class).
// fields() is called for the JSON, for the catalogue and for a sample alike: it should name the
// same fields in the same order every time, and do nothing else. fields.hpp lists what may be a
// member. Give every member an initializer: then `LinkExpired{.id = 456}` compiles without
// warnings.

// 1 to 128 bytes: letters, digits, '_' and '-' in parts separated by single dots, as in the seeds
// ("link.click.registered") and in Standard Webhooks; '-', and a single part, are Ours. Upper and
// lower case are different. The type goes out in headers as it stands.
[[nodiscard]] constexpr bool valid_event_type(std::string_view type) noexcept;

// Which product's event it is: one such part of at most 64 bytes, or empty for none. A profile may
// name its family; its endpoints are offered that family's events and those without one.
[[nodiscard]] constexpr bool valid_event_family(std::string_view family) noexcept;

// An event whose fields are known only at run time. Views: they must outlive the call.
struct DynamicEvent {
  std::string_view type{};
  std::string_view data{};  // JSON text of one object: what becomes "data", made canonical
  std::string_view family{};
};

// An event as it is stored, signed, sent, retried and shown: serialised once.
//
// Or, if it has no canonical form, the reason why not: encode() never throws for what an event
// holds. Check ok() before you store one yourself; publish() does, and refuses it.
struct EncodedEvent {
  EventId id{};
  std::string type{};
  std::string family{};
  TimePoint at{};            // when it happened; the body says it to the second
  std::string body{};        // {"event":type,"timestamp":"2026-03-04T12:00:00Z","data":{...}}
  std::size_t replaced = 0;  // invalid UTF-8 sequences that became U+FFFD
  std::string refusal{};  // "data.geo.lat: NaN cannot be written as JSON": the field, not the value

  [[nodiscard]] bool ok() const noexcept { return refusal.empty(); }
};

struct EncodeOptions {
  InvalidUtf8 invalid_utf8 = InvalidUtf8::replace;
  EventId id{};                // the event's id; if empty, one is drawn from `ids`
  IdGenerator* ids = nullptr;  // the caller keeps it; null: a generator of the process
};

// True for what encode() and publish() take: for constraints of your own.
template <class E>
concept Event = detail::HasEventType<E> && detail::HasFields<E>;

// The event's bytes, and its id, both final: the same EncodedEvent published twice is one event.
//
// Threads: any number at once. Errors: EncodedEvent::refusal; what the event's own functions throw
// passes through. Time: `at` is when the event happened, as the body and the id will say it.
template <class E>
[[nodiscard]] EncodedEvent encode(const E& event, TimePoint at, const EncodeOptions& options = {});

// The same for a type and JSON text known only at run time. The text is read strictly (RFC 8259),
// within json_body_bytes_max and json_depth_max, and written anew: its white space, escapes and
// number forms don't matter. Whole numbers written beyond +-(2^53-1) and whatever json.hpp lists
// are refused, never changed silently; fractions round to the double that JavaScript would read.
[[nodiscard]] HOOKWRIGHT_EXPORT EncodedEvent encode(const DynamicEvent& event, TimePoint at,
                                                    const EncodeOptions& options = {});

// ------------------------------------------------------------------------------------------------

namespace detail {

// Writes the envelope around an event's fields.
class HOOKWRIGHT_EXPORT EnvelopeWriter {
 public:
  EnvelopeWriter(std::string_view type, std::string_view family, TimePoint at,
                 const EncodeOptions& options);
  [[nodiscard]] JsonWriter& data() noexcept { return json_; }  // where the value of "data" goes
  [[nodiscard]] EncodedEvent finish();

 private:
  JsonWriter json_;
  std::string_view type_;
  std::string_view family_;
  TimePoint at_;
  const EncodeOptions& options_;
};

constexpr bool valid_parts(std::string_view text, bool dots) noexcept {
  char last = '.';
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '-';
    if (!plain && !(dots && c == '.' && last != '.')) return false;
    last = c;
  }
  return last != '.';
}

template <class E>
consteval std::string_view family_of() {
  if constexpr (requires { std::string_view(E::event_family); }) return E::event_family;
  return {};
}

// Says what is missing from an event, one thing at a time.
template <class E>
consteval bool require_event() {
  constexpr bool has_type = HasEventType<E>;
  static_assert(has_type,
                "an event needs `static constexpr std::string_view event_type = \"noun.verb\";`");
  if constexpr (has_type) {
    constexpr bool good_type = valid_event_type(E::event_type);
    static_assert(good_type,
                  "event_type must be 1 to 128 letters, digits, '_' or '-' in parts separated by "
                  "single dots, such as \"link.clicked\"");
    constexpr bool good_family = valid_event_family(family_of<E>());
    static_assert(good_family,
                  "event_family must be at most 64 letters, digits, '_' or '-', such as \"snipy\"");
    constexpr bool has_mutable_fields = HasMutableFields<E>;
    static_assert(!has_mutable_fields,
                  "fields() must be const: `void fields(auto& f) const { ... }`");
    constexpr bool has_fields = HasFields<E> || has_mutable_fields;
    static_assert(has_fields,
                  "an event needs `void fields(auto& f) const { f(\"name\", member); ... }`");
    return good_type && good_family && has_fields && !has_mutable_fields;
  }
  return false;
}

}  // namespace detail

constexpr bool valid_event_type(std::string_view type) noexcept {
  return !type.empty() && type.size() <= 128 && detail::valid_parts(type, true);
}

constexpr bool valid_event_family(std::string_view family) noexcept {
  return family.empty() || (family.size() <= 64 && detail::valid_parts(family, false));
}

template <class E>
EncodedEvent encode(const E& event, TimePoint at, const EncodeOptions& options) {
  if constexpr (detail::require_event<E>()) {
    detail::EnvelopeWriter envelope(E::event_type, detail::family_of<E>(), at, options);
    detail::write_value(envelope.data(), event);
    return envelope.finish();
  }
}

}  // namespace hookwright
