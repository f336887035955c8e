#include <iostream>

#include "hookwright/hookwright.hpp"
#include "hookwright/stores/sqlite.hpp"

struct OrderPaid {
  static constexpr std::string_view event_type = "order.paid";
  std::int64_t order = 0;
  std::string currency{};
  void fields(auto& f) const { f("order", order), f("currency", currency); }
};

int main() {
  hookwright::Options options;
  options.store = hookwright::make_sqlite_store({.path = "quickstart.db"});
  options.sealing = hookwright::Sealing::none();  // secrets lie in the file as they are
  options.catalog = hookwright::Catalog::of<OrderPaid>();
  options.egress = hookwright::EgressPolicy::development();  // allows http://localhost
  hookwright::Dispatcher dispatcher(std::move(options));

  const hookwright::Secret secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  dispatcher.endpoints().create("acme", {.url = "http://localhost:8080/webhook",
                                         .events = {"order.*"},
                                         .secret = secret,
                                         .uid = "quickstart"});

  const auto receipt = dispatcher.publish("acme", OrderPaid{.order = 1042, .currency = "eur"});
  std::cout << "stored: " << to_string(receipt.wait(std::chrono::seconds(5))) << '\n';
  return dispatcher.shutdown(std::chrono::seconds(5)).complete ? 0 : 1;
}
