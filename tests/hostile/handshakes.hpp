#pragma once

#include <string>
#include <vector>

#include "hostile/scenario.hpp"
#include "support/certificates.hpp"
#include "transport/sending.hpp"

// What a receiver may do before HTTP begins: to TLS.
namespace hookwright::testing {

struct Handshake {
  std::string name{};
  Expected expected{};
  ReceiverOptions receiver{};
  // What ends at the deadline waits for it; where the request is sent before, among the handshakes
  // of all the others, that must have been possible.
  [[nodiscard]] Duration patience() const {
    if (expected.fault != Fault::timeout) return ample;
    return expected.sends == 0 ? 800ms : 5s;
  }
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
