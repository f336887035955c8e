#include "engine/latch.hpp"

#include <charconv>

namespace hookwright::engine {

LatchStep latch_step(const LatchRequest& request, const LatchState& state, EventId event) {
  LatchStep result{.after = state};
  if (state.event) {
    result.means = state.event == event ? Stored::yes : Stored::duplicate;
    return result;
  }
  result.after.recorded |= request.part;
  if ((result.after.recorded & request.parts) == request.parts) {
    result.after.event = event;
    result.means = Stored::yes;
  } else {
    result.means = Stored::recorded;
  }
  result.write = result.after.recorded != state.recorded || result.after.event;
  return result;
}

std::string to_text(const LatchState& state) {
  std::string text = std::to_string(state.recorded);
  if (state.event) text.append(1, ' ').append(state.event.text());
  return text;
}

LatchState to_latch(std::string_view text, std::uint64_t version) {
  LatchState state{.version = version};
  const std::size_t blank = text.find(' ');
  const std::string_view digits = text.substr(0, blank);
  std::from_chars(digits.data(), digits.data() + digits.size(), state.recorded);
  if (blank != std::string_view::npos) {
    state.event = EventId::parse(text.substr(blank + 1)).value_or(EventId{});
  }
  return state;
}

}  // namespace hookwright::engine
