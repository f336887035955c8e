// What a tenant may see of a failure.

#include <map>
#include <set>
#include <string>
#include <string_view>

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
  std::set<std::string> seen;
  for (const Fault fault : {Fault::blocked, Fault::refused, Fault::name_not_resolved}) {
    for (const Duration elapsed : {Duration{0}, Duration{1}, Duration{3000}}) {
      const TenantView view = tenant_view({.elapsed = elapsed, .fault = fault});
      seen.insert(std::string(view.word) + ' ' + std::to_string(view.status) + ' ' +
                  std::to_string(view.elapsed.count()));
    }
  }
  CHECK(seen == std::set<std::string>{"unreachable 0 0"});
  const TenantView view =
      tenant_view({.elapsed = Duration{70}, .fault = Fault::none, .status = 503});
  CHECK(view.word == "answered");
  CHECK(view.status == 503);
  CHECK(view.elapsed == Duration{70});
}
