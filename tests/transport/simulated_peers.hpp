#pragma once

// The peers of the transport's contract, and how a simulated network plays them.

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "hookwright/testing/simulated_transport.hpp"
#include "hookwright/testing/transport_contract.hpp"

inline const std::map<std::string, hookwright::testing::Peer>& peers_by_path() {
  using hookwright::testing::Peer;
  static const std::map<std::string, Peer> peers = {
      {"/echoes", Peer::echoes},    {"/busy", Peer::busy},     {"/redirects", Peer::redirects},
      {"/gushes", Peer::gushes},    {"/breaks", Peer::breaks}, {"/hangs", Peer::hangs},
      {"/hangs_up", Peer::hangs_up}};
  return peers;
}

inline std::string path_of(hookwright::testing::Peer wanted) {
  for (const auto& [path, peer] : peers_by_path()) {
    if (peer == wanted) return path;
  }
  return "/refuses";
}

class SimulatedPeers final : public hookwright::testing::TransportUnderTest {
 public:
  using Peer = hookwright::testing::Peer;

  std::unique_ptr<hookwright::Transport> make() override {
    return std::make_unique<hookwright::testing::SimulatedTransport>(
        clock_, [this](const hookwright::Request& request) { return react(request); }, true);
  }

  hookwright::Url url(Peer peer) override {
    return parse_url("https://peer.example.com" + path_of(peer),
                     hookwright::EgressPolicy::production());
  }

  std::size_t received(Peer peer) override { return arrived_[path_of(peer)].size(); }
  std::vector<hookwright::Header> last_headers(Peer peer) override {
    const auto& all = arrived_[path_of(peer)];
    return all.empty() ? std::vector<hookwright::Header>{} : all.back();
  }
  hookwright::SteadyTime now() override { return clock_->steady(); }
  void pass(hookwright::Duration time) { clock_->advance(time); }

 private:
  hookwright::testing::SimulatedAnswer react(const hookwright::Request& request) {
    arrived_[request.url.target].push_back(request.headers);
    hookwright::testing::SimulatedAnswer reaction;
    const auto found = peers_by_path().find(request.url.target);
    switch (found == peers_by_path().end() ? Peer::refuses : found->second) {
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
        reaction.body = "gushing";
        break;
      case Peer::breaks:
        reaction.body = "half";
        break;
      case Peer::hangs:
        reaction.latency = std::chrono::hours(1);
        break;
      case Peer::hangs_up:
        reaction.fault = hookwright::Fault::reset;
        break;
      case Peer::refuses:
        reaction.fault = hookwright::Fault::refused;
        break;
    }
    return reaction;
  }

  std::shared_ptr<hookwright::testing::VirtualClock> clock_ =
      std::make_shared<hookwright::testing::VirtualClock>();
  std::map<std::string, std::vector<std::vector<hookwright::Header>>> arrived_;
};
