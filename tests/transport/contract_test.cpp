// The installed suite, run on a transport that sends, and on the simulated one.

#include "hookwright/testing/transport_contract.hpp"

#include <memory>
#include <string>
#include <vector>

#include "catch2.hpp"
#include "transport/sending.hpp"
#include "transport/simulated_peers.hpp"

using namespace hookwright;
using namespace hookwright::testing;

namespace {

class TransportOnSockets final : public TransportUnderTest {
 public:
  TransportOnSockets() {
    ReceiverOptions options;
    options.reply = [this](const Received& request) { return react(request); };
    receiver_ = std::make_unique<Receiver>(std::move(options));
  }

  std::unique_ptr<Transport> make() override {
    CurlTransportOptions options;
    options.egress = EgressPolicy::development();
    options.resolver = resolver_;
    return make_transport(std::move(options));
  }

  Url url(Peer peer) override {
    return parse_url(peer == Peer::refuses ? refused_ : receiver_->url(path_of(peer)),
                     EgressPolicy::development());
  }

  std::vector<Header> last_headers(Peer peer) override {
    std::vector<Header> headers;
    for (const Received& request : receiver_->requests()) {
      if (request.target != path_of(peer)) continue;
      headers.clear();
      for (const auto& [name, value] : request.headers) headers.push_back({name, value});
    }
    return headers;
  }

  std::size_t received(Peer peer) override {
    std::size_t count = 0;
    for (const Received& request : receiver_->requests()) {
      if (request.target == path_of(peer)) ++count;
    }
    return count;
  }

 private:
  Reply react(const Received& request) const {
    switch (peers_by_path().at(request.target)) {
      case Peer::busy:
        return answer(503, "", "Retry-After: 120\r\n");
      case Peer::redirects:
        return answer(307, "", "Location: /echoes\r\n");
      case Peer::gushes:
        return {"HTTP/1.1 200 OK\r\n\r\n" + std::string(1'000'000, 'x'), Reply::Then::drip};
      case Peer::breaks:
        return {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", Reply::Then::close};
      case Peer::hangs:
        return {"", Reply::Then::stall};
      case Peer::hangs_up:
        return {"", Reply::Then::close};
      default:
        return answer(200, request.body);
    }
  }

  std::shared_ptr<ScriptedResolver> resolver_ = std::make_shared<ScriptedResolver>();
  std::unique_ptr<Receiver> receiver_;
  std::string refused_ = Receiver().url();  // gone by now
};

}  // namespace

TEMPLATE_TEST_CASE("a transport keeps the contract", "", TransportOnSockets, SimulatedPeers) {
  for (const TransportCase& one : transport_contract()) {
    DYNAMIC_SECTION(one.name) {
      TestType mine;
      one.run(mine);
    }
  }
}
