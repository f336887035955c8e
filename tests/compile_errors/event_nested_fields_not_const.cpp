// expect: error: static.assert.*fields.. must be const: 'void fields.auto& f. const
#include "hookwright/event.hpp"

namespace shop {
struct Item {
  int count = 0;
  void fields(auto& f) { f("count", count); }
};

struct OrderPaid {
  static constexpr std::string_view event_type = "order.paid";
  Item item{};
  void fields(auto& f) const { f("item", item); }
};
}  // namespace shop

void mistake() {
  static_cast<void>(hookwright::encode(shop::OrderPaid{}, hookwright::TimePoint{}));
}
