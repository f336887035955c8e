// expect: error: static.assert.*a pointer cannot go into an event: use the value itself
#include "hookwright/event.hpp"

namespace shop {
struct OrderPaid {
  static constexpr std::string_view event_type = "order.paid";
  int* amount = nullptr;
  void fields(auto& f) const { f("amount", amount); }
};
}  // namespace shop

void mistake() {
  static_cast<void>(hookwright::encode(shop::OrderPaid{}, hookwright::TimePoint{}));
}
