#include "webhooks.hpp"

#include <chrono>
#include <utility>

#include "hookwright/stores/sqlite.hpp"

namespace {

// A product of our own: X-Acme-Signature and so on, and a first retry that a demo can wait for.
hookwright::Profile acme() {
  using namespace std::chrono_literals;
  hookwright::Profile profile = hookwright::profiles::branded("Acme");
  profile.policy.retries = {2s, 10s, 1min, 1h};
  return profile;
}

}  // namespace

hookwright::TimePoint now() {
  return std::chrono::floor<hookwright::Duration>(std::chrono::system_clock::now());
}

hookwright::Catalog published_events() {
  hookwright::Catalog catalog = hookwright::snipy::catalog();
  catalog.join(hookwright::snapglyph::catalog());
  catalog.join(hookwright::hypersnap::catalog());
  return catalog;
}

hookwright::Options webhook_options(const std::string& database, const std::string& ca_file,
                                    std::shared_ptr<hookwright::Observer> observer) {
  hookwright::Options options;
  options.store = hookwright::make_sqlite_store({.path = database});
  options.sealing = hookwright::Sealing::none();
  options.catalog = published_events();
  options.profiles = {acme()};
  options.default_profile = "snipy";
  options.observer = std::move(observer);

  // FOR A DEMO ON ONE MACHINE ONLY: lets requests go to this machine and to private networks. The
  // default, production(), refuses all that, because customers choose these URLs.
  options.egress = hookwright::EgressPolicy::development();

  options.transport = [ca_file](const hookwright::EgressPolicy& egress) {
    return hookwright::make_curl_transport({.egress = egress, .ca_file = ca_file});
  };
  return options;
}
