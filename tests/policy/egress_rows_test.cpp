// The table of adversarial URLs, as far as the policy alone decides. What takes a transport is in
// transport/egress_rows_test.cpp, and what takes a network in egress/.

#include <set>
#include <string>

#include "catch2.hpp"
#include "hookwright/egress.hpp"
#include "hookwright/error.hpp"
#include "policy/egress_rows.hpp"

using namespace hookwright;
using hookwright::testing::egress_rows;
using hookwright::testing::EgressRow;

namespace {

bool grammar_accepts(const EgressRow& row, const EgressPolicy& policy) {
  try {
    static_cast<void>(parse_url(row.url, policy));
    return true;
  } catch (const ConfigError&) {
    return false;
  }
}

bool any_refused(const EgressPolicy& policy, const std::vector<IpAddress>& addresses,
                 const std::vector<IpAddress>& own) {
  for (const IpAddress& address : addresses) {
    if (!policy.allows(address, own)) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("each row of the table of adversarial URLs has its verdict") {
  const EgressPolicy production = EgressPolicy::production();
  const std::vector<IpAddress> own = {IpAddress(IpAddress::V4{11, 0, 0, 1})};
  std::set<int> seen;
  for (const EgressRow& row : egress_rows()) {
    seen.insert(row.number);
    DYNAMIC_SECTION("row " << row.number << ": " << row.url.substr(0, 80) << " (" << row.why
                           << ")") {
      CHECK(grammar_accepts(row, production) == (row.verdict != "R"));
      if (row.verdict == "R" && !row.permissions.empty()) {
        EgressPolicy policy = production;
        for (const std::string& permission : row.permissions) testing::permit(policy, permission);
        CHECK(grammar_accepts(row, policy));
      }
      if (row.verdict == "A" && !row.lookups.empty()) {
        CHECK(!any_refused(production, row.lookups.back(), own));
      }
      if (row.verdict == "C") CHECK(any_refused(production, row.lookups.back(), own));
    }
  }
  CHECK(seen.size() == 126);
  CHECK(*seen.begin() == 1);
  CHECK(*seen.rbegin() == 126);
}
