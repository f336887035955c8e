// expect: error: static.assert.*a time in an event must be hookwright::TimePoint
#include <chrono>

#include "hookwright/event.hpp"

namespace shop {
struct OrderPaid {
  static constexpr std::string_view event_type = "order.paid";
  std::chrono::steady_clock::time_point at{};
  void fields(auto& f) const { f("at", at); }
};
}  // namespace shop

void mistake() {
  static_cast<void>(hookwright::encode(shop::OrderPaid{}, hookwright::TimePoint{}));
}
