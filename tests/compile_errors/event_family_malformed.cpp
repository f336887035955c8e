// expect: error: static.assert.*event_family must be at most 64 letters, digits
#include "hookwright/event.hpp"

namespace shop {
struct OrderPaid {
  static constexpr std::string_view event_type = "order.paid";
  static constexpr std::string_view event_family = "my shop";
  void fields(auto&) const {}
};
}  // namespace shop

void mistake() {
  static_cast<void>(hookwright::encode(shop::OrderPaid{}, hookwright::TimePoint{}));
}
