#include <chrono>
#include <string>
#include <string_view>

#include "event/envelope.hpp"
#include "event/json_reader.hpp"
#include "hookwright/event.hpp"

namespace hookwright {

namespace {

// Never destroyed: an event may be encoded while the process ends.
IdGenerator& process_ids() {
  static IdGenerator& ids = *new IdGenerator();
  return ids;
}

EventId id_for(TimePoint at, const EncodeOptions& options) {
  if (options.id) return options.id;
  IdGenerator& ids = options.ids != nullptr ? *options.ids : process_ids();
  return ids.next<EventId>(at);
}

}  // namespace

namespace detail {

EnvelopeWriter::EnvelopeWriter(std::string_view type, std::string_view family, TimePoint at,
                               const EncodeOptions& options)
    : json_(options.invalid_utf8), type_(type), family_(family), at_(at), options_(options) {
  json_.begin_object();
  json_.field("event");
  if (!valid_event_type(type)) {
    type_ = {};
    json_.refuse(
        "not an event type: 1 to 128 letters, digits, '_' or '-' in parts separated by single "
        "dots");
  }
  if (!valid_event_family(family)) {
    family_ = {};
    json_.refuse("not an event family: at most 64 letters, digits, '_' or '-'");
  }
  json_.string(type);
  json_.field("timestamp");
  json_.timestamp(std::chrono::floor<std::chrono::seconds>(at));
  json_.field("data");
}

EncodedEvent EnvelopeWriter::finish() {
  json_.end_object();
  EncodedEvent event;
  event.type = type_;
  event.family = family_;
  event.at = at_;
  event.replaced = json_.replaced();
  event.refusal = json_.refusal();
  if (event.ok()) {
    event.body = json_.take();
    event.id = id_for(at_, options_);
  }
  return event;
}

}  // namespace detail

EncodedEvent encode(const DynamicEvent& event, TimePoint at, const EncodeOptions& options) {
  detail::EnvelopeWriter envelope(event.type, event.family, at, options);
  const std::size_t repaired = event::copy_json_object(
      event.data, options.invalid_utf8, event::LargeIntegers::refuse, envelope.data());
  EncodedEvent encoded = envelope.finish();
  encoded.replaced += repaired;
  return encoded;
}

namespace event {

EncodedEvent wrap(std::string_view type, std::string_view family, std::string_view data,
                  TimePoint at, const EncodeOptions& options) {
  detail::EnvelopeWriter envelope(type, family, at, options);
  envelope.data().null();
  EncodedEvent encoded = envelope.finish();
  constexpr std::string_view end = "null}";
  if (encoded.ok()) encoded.body.replace(encoded.body.size() - end.size(), end.size() - 1, data);
  return encoded;
}

std::string_view data_of(const EncodedEvent& event) {
  constexpr std::string_view name = "\"data\":";  // no quote can come before it but the envelope's
  const std::size_t start = event.body.find(name) + name.size();
  return std::string_view(event.body).substr(start, event.body.size() - start - 1);
}

}  // namespace event
}  // namespace hookwright
