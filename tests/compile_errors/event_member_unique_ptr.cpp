// expect: error: static.assert.*a pointer cannot .* std::optional for what may be missing
#include <memory>

#include "hookwright/event.hpp"

namespace shop {
struct OrderPaid {
  static constexpr std::string_view event_type = "order.paid";
  std::unique_ptr<int> amount{};
  void fields(auto& f) const { f("amount", amount); }
};
}  // namespace shop

void mistake() {
  static_cast<void>(hookwright::encode(shop::OrderPaid{}, hookwright::TimePoint{}));
}
