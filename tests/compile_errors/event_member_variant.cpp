// expect: error: static.assert.*this type cannot go into an event: use bool, integers
#include <variant>

#include "hookwright/event.hpp"

namespace shop {
struct OrderPaid {
  static constexpr std::string_view event_type = "order.paid";
  std::variant<int, double> amount{};
  void fields(auto& f) const { f("amount", amount); }
};
}  // namespace shop

void mistake() {
  static_cast<void>(hookwright::encode(shop::OrderPaid{}, hookwright::TimePoint{}));
}
