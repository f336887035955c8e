#include <iostream>

#include "hookwright/hookwright.hpp"
#include "hookwright/testing/sandbox.hpp"

using namespace std::chrono_literals;

// What is to be tested: code of the application's own.
struct OrderPaid {
  static constexpr std::string_view event_type = "order.paid";
  std::int64_t order = 0;
  void fields(auto& f) const { f("order", order); }
};

void pay(hookwright::Dispatcher& webhooks, std::int64_t order) {
  webhooks.publish("acme", OrderPaid{.order = order});
}

int main() {
  hookwright::testing::Sandbox sandbox;
  hookwright::Options options;
  options.catalog = hookwright::Catalog::of<OrderPaid>();
  hookwright::Dispatcher webhooks(sandbox.options(std::move(options)));
  webhooks.endpoints().create(
      "acme", {.url = "https://example.com/hook", .events = {"*"}, .profile = "snipy"});
  sandbox.network.answer("example.com", {.status = 503});

  pay(webhooks, 1042);
  sandbox.run(webhooks, 30h);  // no time at all

  const auto published = sandbox.record->published("order.paid");
  const auto requests = sandbox.network.requests("example.com");
  const bool good = published.size() == 1 && published[0].tenant == "acme" &&
                    published[0].body.find(R"("order":1042)") != std::string::npos &&
                    requests.size() == 6 && requests[5].at - requests[0].at > 26h &&
                    requests[5].header("X-Snipy-Event") == "order.paid" &&
                    sandbox.record->dead_letters().size() == 1;
  std::cout << (good ? "paid orders are announced\n" : "something is wrong\n");
  return good ? 0 : 1;
}
