#pragma once

#include <string_view>

#include "hookwright/event.hpp"

namespace hookwright::event {

// The event around a `data` that is canonical already, such as a catalogue's sample.
EncodedEvent wrap(std::string_view type, std::string_view family, std::string_view data,
                  TimePoint at, const EncodeOptions& options);

// The text of `data` in the body of an event that was encoded here.
std::string_view data_of(const EncodedEvent& event);

}  // namespace hookwright::event
