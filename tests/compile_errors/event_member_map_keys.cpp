// expect: error: static.assert.*a map in an event needs string keys
#include <map>
#include <string>

#include "hookwright/event.hpp"

namespace shop {
struct OrderPaid {
  static constexpr std::string_view event_type = "order.paid";
  std::map<int, std::string> lines{};
  void fields(auto& f) const { f("lines", lines); }
};
}  // namespace shop

void mistake() {
  static_cast<void>(hookwright::encode(shop::OrderPaid{}, hookwright::TimePoint{}));
}
