// expect: error: static.assert.*a duration in an event needs a unit: .*as_seconds
#include <chrono>

#include "hookwright/event.hpp"

namespace shop {
struct OrderPaid {
  static constexpr std::string_view event_type = "order.paid";
  std::chrono::minutes took{};
  void fields(auto& f) const { f("took", took); }
};
}  // namespace shop

void mistake() {
  static_cast<void>(hookwright::encode(shop::OrderPaid{}, hookwright::TimePoint{}));
}
