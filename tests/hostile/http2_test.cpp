// What a receiver may do over HTTP/2, for hosts that ask for it; and that nobody gets it unasked.

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "hostile/http2_acts.hpp"
#include "hostile/stage.hpp"

using namespace hookwright;
using namespace hookwright::testing;
namespace h2 = hookwright::testing::http2;

namespace {

struct Stage {
  Authority authority{};
  TemporaryFile trusted{authority.certificate()};
  Identity identity = authority.issue({"hook.test"});

  [[nodiscard]] Sender sender(bool http2 = true) const {
    return Sender({.ca_file = trusted.path(), .http2 = http2});
  }

  // Plays the act from the first request on, or from the second one of its first connection.
  [[nodiscard]] std::unique_ptr<Receiver> receiver(const Act& act, Connection connection) const {
    ReceiverOptions options;
    options.identity = &identity;
    options.http2 = true;
    options.http2_greeting = act.greeting;
    const auto is_warm_up = [connection](const Received& received) {
      return connection == Connection::kept && received.connection == 1 &&
             received.on_connection == 1;
    };
    options.reply = [&act, is_warm_up](const Received& received) {
      return is_warm_up(received) ? Reply{h2::answer(received.stream, 200), Reply::Then::keep}
                                  : act.reply(received.stream);
    };
    if (act.early) {
      options.reply_early = [&act, is_warm_up](const Received& received) {
        return is_warm_up(received) ? std::nullopt : std::optional(act.reply(received.stream));
      };
    }
    return std::make_unique<Receiver>(std::move(options));
  }
};

Request request_of(const Act& act, const Receiver& receiver, Duration patience) {
  return post(receiver.url("/", "hook.test"), std::string(act.body_bytes, 'b'),
              act.waits() ? patience : ample);
}

void check_act(const Act& act, const Completion& completion, std::size_t posts,
               Connection connection) {
  INFO(act.name);
  INFO(completion.detail);
  INFO(to_string(completion.fault) << ' ' << completion.status);
  const bool answered = act.status != 0 && completion.status == act.status;
  const bool failed =
      std::find(act.faults.begin(), act.faults.end(), completion.fault) != act.faults.end();
  CHECK((answered || failed));
  // Once more where it says that it has not processed the request, or a kept connection died.
  const bool once_more = act.unprocessed || connection == Connection::kept;
  CHECK(completion.sends <= (once_more ? 2U : 1U));
  CHECK(posts <= completion.sends);
  CHECK(completion.body.size() <= 4096);
  CHECK(completion.detail.size() <= 256);
}

}  // namespace

TEST_CASE("HTTP/2 is spoken with those who offer it where the host asks for it, and else never") {
  const Stage stage;
  for (const bool asked : {false, true}) {
    for (const bool offered : {false, true}) {
      ReceiverOptions options;
      options.identity = &stage.identity;
      options.http2 = offered;
      Receiver receiver(std::move(options));
      Sender sender = stage.sender(asked);
      for (int i = 0; i < 3; ++i) {
        const Completion completion = sender.send(post(receiver.url("/", "hook.test")));
        CHECK(completion.status == 200);
        CHECK(completion.sends == 1);
      }
      CHECK(receiver.connections() == 1);
      REQUIRE(receiver.requests().size() == 3);
      for (const Received& received : receiver.requests()) {
        CHECK((received.protocol == "h2") == (asked && offered));
        CHECK(received.body == R"({"id":1})");
      }
    }
  }
}

TEST_CASE("requests share an HTTP/2 connection, and each gets its own answer") {
  const Stage stage;
  ReceiverOptions options;
  options.identity = &stage.identity;
  options.http2 = true;
  options.reply = [](const Received& received) {
    return Reply{h2::answer(received.stream, 200, received.body), Reply::Then::keep};
  };
  Receiver receiver(std::move(options));
  Sender sender = stage.sender();
  const std::string url = receiver.url("/", "hook.test");
  CHECK(sender.send(post(url)).status == 200);
  for (RequestId id = 0; id < 50; ++id) {
    sender.transport->start(id, post(url, std::string(id + 1, 'b')));
  }
  for (const Completion& completion : poll_for(*sender.transport, 50)) {
    CHECK(completion.status == 200);
    CHECK(completion.sends == 1);
    CHECK(completion.body == std::string(completion.id + 1, 'b'));
  }
  CHECK(receiver.requests().size() == 51);
  CHECK(receiver.connections() == 1);
}

TEST_CASE("whatever a receiver says over HTTP/2 is taken for what it is") {
  const Stage stage;
  const std::vector<Act> all = acts();
  const Connection connection = GENERATE(Connection::fresh, Connection::kept);
  const std::size_t before = connection == Connection::kept ? 1 : 0;
  // What a connection begins with holds up the first request already.
  const auto is_played = [before](const Act& act) {
    return !act.floods && (before == 0 || act.greeting == h2::settings());
  };
  Sender sender = stage.sender();
  std::vector<std::unique_ptr<Receiver>> receivers;
  std::size_t under_way = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    receivers.push_back(is_played(all[i]) ? stage.receiver(all[i], connection) : nullptr);
    if (!is_played(all[i])) continue;
    if (before > 0) CHECK(sender.send(post(receivers[i]->url("/", "hook.test"))).status == 200);
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!is_played(all[i])) continue;
    sender.transport->start(i, request_of(all[i], *receivers[i], before == 0 ? 5s : 1s));
    ++under_way;
  }
  for (const Completion& completion : poll_for(*sender.transport, under_way)) {
    const Act& act = all[completion.id];
    check_act(act, completion, receivers[completion.id]->requests().size() - before, connection);
  }
}

// Each holds the thread for seconds: all of them in the soak tests only.
TEST_CASE("a receiver that floods an HTTP/2 connection ends as any other, and so does the next") {
  const Stage stage;
  Sender sender = stage.sender();
  int left = std::getenv("HOOKWRIGHT_ALL_FLOODS") != nullptr ? 1'000 : 2;
  for (const Act& act : acts()) {
    if (!act.floods || left-- <= 0) continue;
    const auto receiver = stage.receiver(act, Connection::fresh);
    const Completion completion = sender.send(request_of(act, *receiver, 300ms));
    check_act(act, completion, receiver->requests().size(), Connection::fresh);
    ReceiverOptions options;
    options.identity = &stage.identity;
    options.http2 = true;
    Receiver healthy(std::move(options));
    CHECK(sender.send(post(healthy.url("/", "hook.test"))).status == 200);
  }
}
