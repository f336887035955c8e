// expect: error: static.assert.*an event without a default constructor needs 'static E sample
#include "hookwright/catalog.hpp"

namespace shop {
struct OrderPaid {
  static constexpr std::string_view event_type = "order.paid";
  explicit OrderPaid(int value) : amount(value) {}
  int amount;
  void fields(auto& f) const { f("amount", amount); }
};
}  // namespace shop

void mistake() {
  static_cast<void>(hookwright::Catalog::of<shop::OrderPaid>());
}
