// The installed suite, run on the transport on libcurl and on the simulated one.

#include "hookwright/testing/transport_contract.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "catch2.hpp"
#include "hookwright/testing/simulated_transport.hpp"
#include "transport/sending.hpp"

using namespace hookwright;
using namespace hookwright::testing;

namespace {

const std::map<std::string, Peer> peers = {
    {"/echoes", Peer::echoes},    {"/busy", Peer::busy},     {"/redirects", Peer::redirects},
    {"/gushes", Peer::gushes},    {"/breaks", Peer::breaks}, {"/hangs", Peer::hangs},
    {"/hangs_up", Peer::hangs_up}};

std::string path_of(Peer wanted) {
  for (const auto& [path, peer] : peers) {
    if (peer == wanted) return path;
  }
  return "/refuses";
}

class CurlUnderTest final : public TransportUnderTest {
 public:
  CurlUnderTest() {
    ReceiverOptions options;
    options.reply = [this](const Received& request) { return react(request); };
    receiver_ = std::make_unique<Receiver>(std::move(options));
  }

  std::unique_ptr<Transport> make() override {
    CurlTransportOptions options;
    options.egress = EgressPolicy::development();
    options.resolver = resolver_;
    return make_curl_transport(std::move(options));
  }

  Url url(Peer peer) override {
    return parse_url(peer == Peer::refuses ? refused_ : receiver_->url(path_of(peer)),
                     EgressPolicy::development());
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
    switch (peers.at(request.target)) {
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

class SimulatedUnderTest final : public TransportUnderTest {
 public:
  std::unique_ptr<Transport> make() override {
    return std::make_unique<SimulatedTransport>(
        clock_, [this](const Request& request) { return react(request); }, true);
  }

  Url url(Peer peer) override {
    return parse_url("https://peer.example.com" + path_of(peer), EgressPolicy::production());
  }

  std::size_t received(Peer peer) override { return received_[path_of(peer)]; }
  SteadyTime now() override { return clock_->steady(); }

 private:
  SimulatedAnswer react(const Request& request) {
    ++received_[request.url.target];
    SimulatedAnswer reaction;
    const auto found = peers.find(request.url.target);
    switch (found == peers.end() ? Peer::refuses : found->second) {
      case Peer::echoes:
        reaction.body = *request.body;
        break;
      case Peer::busy:
        reaction.status = 503;
        reaction.retry_after = "120";
        break;
      case Peer::redirects:
        reaction.status = 307;
        break;
      case Peer::gushes:
      case Peer::breaks:
        break;
      case Peer::hangs:
        reaction.latency = 1h;
        break;
      case Peer::hangs_up:
        reaction.fault = Fault::reset;
        break;
      case Peer::refuses:
        reaction.fault = Fault::refused;
        break;
    }
    return reaction;
  }

  std::shared_ptr<VirtualClock> clock_ = std::make_shared<VirtualClock>();
  std::map<std::string, std::size_t> received_;
};

// Does what it should, but for one thing.
class Careless final : public Transport {
 public:
  explicit Careless(std::unique_ptr<Transport> inner) : inner_(std::move(inner)) {}
  void start(RequestId id, Request&& request) override { inner_->start(id, std::move(request)); }
  void poll(SteadyTime until, std::vector<Completion>& out) override {
    const std::size_t before = out.size();
    inner_->poll(until, out);
    if (out.size() > before) out.push_back(out.back());
  }
  void cancel(RequestId id) override { inner_->cancel(id); }
  void wake() override { inner_->wake(); }

 private:
  std::unique_ptr<Transport> inner_;
};

class CarelessUnderTest final : public TransportUnderTest {
 public:
  std::unique_ptr<Transport> make() override { return std::make_unique<Careless>(sound_.make()); }
  Url url(Peer peer) override { return sound_.url(peer); }
  std::size_t received(Peer peer) override { return sound_.received(peer); }
  SteadyTime now() override { return sound_.now(); }

 private:
  SimulatedUnderTest sound_;
};

}  // namespace

TEMPLATE_TEST_CASE("a transport keeps the contract", "", CurlUnderTest, SimulatedUnderTest) {
  for (const TransportCase& one : transport_contract()) {
    DYNAMIC_SECTION(one.name) {
      TestType mine;
      one.run(mine);
    }
  }
}

TEST_CASE("a transport that completes a request twice is found out") {
  std::size_t violations = 0;
  for (const TransportCase& one : transport_contract()) {
    CarelessUnderTest mine;
    try {
      one.run(mine);
    } catch (const ContractViolation&) {
      ++violations;
    }
  }
  CHECK(violations > 5);
}
