// expect: error: static.assert.*a pointer cannot go into an event: .* std::string for text
#include "hookwright/event.hpp"

namespace shop {
struct OrderPaid {
  static constexpr std::string_view event_type = "order.paid";
  const char* currency = "usd";
  void fields(auto& f) const { f("currency", currency); }
};
}  // namespace shop

void mistake() {
  static_cast<void>(hookwright::encode(shop::OrderPaid{}, hookwright::TimePoint{}));
}
