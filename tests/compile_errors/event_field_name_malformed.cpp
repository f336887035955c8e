// expect: a_field_name_is_letters_digits_and_underscores_and_starts_with_no_digit
#include "hookwright/event.hpp"

namespace shop {
struct OrderPaid {
  static constexpr std::string_view event_type = "order.paid";
  int amount = 0;
  void fields(auto& f) const { f("paid amount", amount); }
};
}  // namespace shop

void mistake() {
  static_cast<void>(hookwright::encode(shop::OrderPaid{}, hookwright::TimePoint{}));
}
