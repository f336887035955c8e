// expect: error: static.assert.*a pointer cannot go into an event
#include <optional>
#include <vector>

#include "hookwright/event.hpp"

namespace shop {
struct OrderPaid {
  static constexpr std::string_view event_type = "order.paid";
  std::vector<std::optional<int*>> amounts{};
  void fields(auto& f) const { f("amounts", amounts); }
};
}  // namespace shop

void mistake() {
  static_cast<void>(hookwright::encode(shop::OrderPaid{}, hookwright::TimePoint{}));
}
