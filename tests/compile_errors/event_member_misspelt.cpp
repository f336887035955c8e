// expect: error: .*amuont.*(not declared.*'amount'|did you mean 'amount')
#include "hookwright/event.hpp"

namespace shop {
struct OrderPaid {
  static constexpr std::string_view event_type = "order.paid";
  int amount = 0;
  void fields(auto& f) const { f("amount", amuont); }
};
}  // namespace shop

void mistake() {
  static_cast<void>(hookwright::encode(shop::OrderPaid{}, hookwright::TimePoint{}));
}
