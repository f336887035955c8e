#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catch2.hpp"
#include "hookwright/profiles.hpp"
#include "hostile/scenario.hpp"
#include "transport/sending.hpp"

namespace hookwright::testing {

enum class Connection { fresh, kept };

// A receiver that plays a scenario: from the first request on, or once it has answered one well on
// the connection that the sender will keep.
class Player {
 public:
  Player(Scenario scenario, Connection connection, const Identity* identity = nullptr)
      : scenario_(std::move(scenario)), kept_(connection == Connection::kept) {
    ReceiverOptions options;
    options.identity = identity;
    options.on_accept = [this](std::size_t) { return scenario_.on_accept; };
    options.reply = [this](const Received& request) {
      return is_warm_up(request) ? answer(200) : scenario_.reply;
    };
    if (scenario_.early) {
      options.reply_early = [this](const Received& request) -> std::optional<Reply> {
        if (is_warm_up(request)) return std::nullopt;
        return scenario_.reply;
      };
    }
    receiver_ = std::make_unique<Receiver>(std::move(options));
  }

  [[nodiscard]] const Scenario& scenario() const { return scenario_; }
  [[nodiscard]] const Receiver& receiver() const { return *receiver_; }
  [[nodiscard]] Request request(Duration deadline) const {
    return post(receiver_->url("/hook", "hook.test"), std::string(scenario_.body_bytes, 'b'),
                deadline);
  }
  [[nodiscard]] Request warm_up() const {
    Request request = post(receiver_->url("/warm-up", "hook.test"));
    return request;
  }

  // Whether the deadline decides over the scenario; all others end long before.
  [[nodiscard]] bool waits() const { return scenario_.expected.fault == Fault::timeout; }

  // The POSTs that it has read, without the one that made the connection.
  [[nodiscard]] std::size_t posts() const {
    const std::size_t all = receiver_->requests().size();
    return kept_ && all > 0 ? all - 1 : all;
  }

 private:
  [[nodiscard]] bool is_warm_up(const Received& request) const {
    return kept_ && request.target == "/warm-up";
  }

  Scenario scenario_;
  bool kept_;
  std::unique_ptr<Receiver> receiver_;
};

// Plays all scenarios at once, to one transport, and hands out what came of each.
inline std::vector<Completion> play(Transport& transport,
                                    const std::vector<std::unique_ptr<Player>>& players,
                                    Connection connection, Duration patience,
                                    Duration others = ample) {
  if (connection == Connection::kept) {
    for (std::size_t i = 0; i < players.size(); ++i) transport.start(i, players[i]->warm_up());
    for (const Completion& completion : poll_for(transport, players.size())) {
      INFO(players[completion.id]->scenario().name);
      CHECK(completion.status == 200);
    }
  }
  for (std::size_t i = 0; i < players.size(); ++i) {
    transport.start(i, players[i]->request(players[i]->waits() ? patience : others));
  }
  std::vector<Completion> ended(players.size());
  for (Completion& completion : poll_for(transport, players.size())) {
    ended[completion.id] = std::move(completion);
  }
  return ended;
}

inline void check(const Player& player, const Completion& completion, Connection connection) {
  const Expected& expected = player.scenario().expected;
  INFO(player.scenario().name);
  INFO(completion.detail);
  if (completion.fault == expected.or_fault) return;
  CHECK(to_string(completion.fault) == to_string(expected.fault));
  CHECK(completion.status == expected.status);
  const std::size_t sends = connection == Connection::kept ? expected.sends_kept : expected.sends;
  CHECK(completion.sends == sends);
  CHECK(player.posts() <= sends);
  CHECK(completion.body.size() <= 4096);
  CHECK(completion.detail.size() <= 256);
  if (!player.scenario().early && player.scenario().on_accept == OnAccept::serve) {
    CHECK(player.posts() == sends);
  }
  const Verdict meaning =
      verdict(profiles::snipy().policy, {.fault = completion.fault, .status = completion.status},
              Delivery{}, TimePoint{}, 0.0);
  CHECK(meaning.decision == expected.decision);
}

inline std::vector<std::unique_ptr<Player>> cast(const std::vector<Scenario>& scenarios,
                                                 Connection connection,
                                                 const Identity* identity = nullptr) {
  std::vector<std::unique_ptr<Player>> players;
  for (const Scenario& scenario : scenarios) {
    const bool http = connection == Connection::kept || identity != nullptr;
    if (http && scenario.on_accept != OnAccept::serve) continue;  // handshake_test.cpp has those
    players.push_back(std::make_unique<Player>(scenario, connection, identity));
  }
  return players;
}

}  // namespace hookwright::testing
