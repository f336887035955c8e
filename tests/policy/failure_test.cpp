// What a tenant may see of a failure.

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "catch2.hpp"
#include "hookwright/failure.hpp"

using namespace hookwright;

TEST_CASE("a tenant is told one of seven words") {
  const std::map<Fault, std::string_view> words = {
      {Fault::timeout, "timeout"},
      {Fault::name_not_resolved, "unreachable"},
      {Fault::blocked, "unreachable"},
      {Fault::refused, "unreachable"},
      {Fault::reset, "broken"},
      {Fault::tls, "insecure"},
      {Fault::protocol, "broken"},
      {Fault::cancelled, "postponed"},
      {Fault::resolver_down, "postponed"},
      {Fault::local, "postponed"},
  };
  for (const auto& [fault, word] : words) {
    for (const int status : {0, 200, 500}) CHECK(tenant_word(fault, status) == word);
    CHECK((word == "postponed") == is_ours(fault));
  }
  for (int status = 0; status < 1000; ++status) {
    CHECK(tenant_word(Fault::none, status) ==
          (status >= 200 && status <= 299 ? "delivered" : "answered"));
  }
  // What a later version may have stored.
  for (int fault = 0; fault < 256; ++fault) {
    CHECK_FALSE(tenant_word(static_cast<Fault>(fault), 0).empty());
  }
}

TEST_CASE("a blocked address, a closed port and an unknown name look the same, and take as long") {
  std::vector<TenantView> seen;
  for (const Fault fault : {Fault::blocked, Fault::refused, Fault::name_not_resolved}) {
    for (const Duration elapsed : {Duration{0}, Duration{1}, Duration{999}}) {
      seen.push_back(tenant_view({.number = 3,
                                  .at = TimePoint{Duration{7'000} + elapsed},
                                  .elapsed = elapsed,
                                  .result = AttemptResult::failed,
                                  .fault = fault,
                                  .excerpt = "what " + std::to_string(elapsed.count())}));
      CHECK(seen.back() == seen.front());
      CHECK(tenant_view(DeadLetter{
                .attempts = 3, .fault = fault, .died = TimePoint{Duration{7'000} + elapsed}}) ==
            TenantView{.number = 3,
                       .at = TimePoint{std::chrono::seconds{7}},
                       .result = AttemptResult::exhausted,
                       .word = "unreachable"});
    }
  }
  CHECK(seen.front().word == "unreachable");
  CHECK(seen.front().number == 3);
  CHECK(seen.front().at == TimePoint{std::chrono::seconds{7}});
  CHECK(seen.front().status == 0);
  CHECK(seen.front().elapsed == Duration{});
}

TEST_CASE("how long an attempt took is told where somebody answered") {
  const Duration took{70};
  for (int fault = 0; fault < 256; ++fault) {
    const auto each = static_cast<Fault>(fault);
    const TenantView view = tenant_view({.elapsed = took, .fault = each, .status = 503});
    CHECK(view.elapsed == (each == Fault::none ? took : Duration{}));
    CHECK(view.status == (each == Fault::none ? 503 : 0));
  }
  CHECK(tenant_view({.elapsed = took, .status = 503}).word == "answered");
  CHECK(tenant_view({.elapsed = took, .status = 204}).word == "delivered");
  const TenantView gone =
      tenant_view(DeadLetter{.reason = DeathReason::gone, .attempts = 1, .status = 410});
  CHECK(gone.result == AttemptResult::gone);
  CHECK(gone.status == 410);
}
