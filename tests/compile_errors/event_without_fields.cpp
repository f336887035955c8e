// expect: error: static.assert.*an event needs 'void fields.auto& f. const
#include "hookwright/event.hpp"

namespace shop {
struct OrderPaid {
  static constexpr std::string_view event_type = "order.paid";
  int amount = 0;
};
}  // namespace shop

void mistake() {
  static_cast<void>(hookwright::encode(shop::OrderPaid{}, hookwright::TimePoint{}));
}
