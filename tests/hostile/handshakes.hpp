#pragma once

#include <string>
#include <vector>

#include "hostile/scenario.hpp"
#include "support/certificates.hpp"

// What a receiver may do before HTTP begins: to TLS.
namespace hookwright::testing {

struct Handshake {
  std::string name{};
  Expected expected{};
  ReceiverOptions receiver{};
  [[nodiscard]] bool waits() const { return expected.fault == Fault::timeout; }
};

// Whom the receivers say they are.
struct Identities {
  Authority authority;
  Authority stranger;
  TemporaryFile trusted{authority.certificate()};
  Identity good = authority.issue({"hook.test"});
  Identity expired = authority.issue({"hook.test"}, true);
  Identity other = authority.issue({"other.test"});
  Identity wildcard_of_others = authority.issue({"*.other.test"});
  Identity parent = authority.issue({"test"});
  Identity address = authority.issue({"127.0.0.1"});
  Identity unknown = stranger.issue({"hook.test"});
  Identity self_signed = Authority::self_signed({"hook.test"});
};

std::vector<Handshake> handshakes(const Identities& identities);

}  // namespace hookwright::testing
