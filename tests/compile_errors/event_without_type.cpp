// expect: error: static.assert.*an event needs 'static constexpr std::string_view event_type =
#include "hookwright/event.hpp"

namespace shop {
struct OrderPaid {
  int amount = 0;
  void fields(auto& f) const { f("amount", amount); }
};
}  // namespace shop

void mistake() {
  static_cast<void>(hookwright::encode(shop::OrderPaid{}, hookwright::TimePoint{}));
}
