// expect: error: static.assert.*a single character cannot go into an event: use std::string
#include "hookwright/event.hpp"

namespace shop {
struct OrderPaid {
  static constexpr std::string_view event_type = "order.paid";
  char grade = 'A';
  void fields(auto& f) const { f("grade", grade); }
};
}  // namespace shop

void mistake() {
  static_cast<void>(hookwright::encode(shop::OrderPaid{}, hookwright::TimePoint{}));
}
