// expect: error: static.assert.*an enum in an event needs 'std::string_view to_string.E.'
#include "hookwright/event.hpp"

namespace shop {
enum class State { open, paid };

struct OrderPaid {
  static constexpr std::string_view event_type = "order.paid";
  State state{};
  void fields(auto& f) const { f("state", state); }
};
}  // namespace shop

void mistake() {
  static_cast<void>(hookwright::encode(shop::OrderPaid{}, hookwright::TimePoint{}));
}
