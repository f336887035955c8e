// What each fault of a receiver is taken for, fresh and on a kept connection, in the clear and over
// TLS. The tables are in answers.cpp and connections.cpp.

#include <optional>
#include <string>

#include "hostile/stage.hpp"

using namespace hookwright;
using namespace hookwright::testing;

namespace {

// Long enough for whatever is due before the deadline, on a busy machine; new TLS connections to
// all receivers at once take longer than anything else does.
constexpr Duration patience = 1s;
constexpr Duration patience_with_handshakes = 5s;

struct Theatre {
  Theatre() : trusted(authority.certificate()), identity(authority.issue({"hook.test"})) {}

  void play_all(const std::vector<Scenario>& scenarios, Connection connection, bool tls) {
    CurlTransportOptions options;
    options.ca_file = trusted.path();
    Sender sender(options);
    const auto players = cast(scenarios, connection, tls ? &identity : nullptr);
    REQUIRE(!players.empty());
    const std::vector<Completion> ended =
        play(*sender.transport, players, connection,
             tls && connection == Connection::fresh ? patience_with_handshakes : patience);
    for (std::size_t i = 0; i < players.size(); ++i) check(*players[i], ended[i], connection);
  }

  Authority authority;
  TemporaryFile trusted;
  Identity identity;
};

}  // namespace

TEST_CASE("whatever a receiver says is taken for what it is, on a fresh connection") {
  Theatre().play_all(answers(), Connection::fresh, false);
}

TEST_CASE("whatever a receiver says is taken for what it is, on a kept connection") {
  Theatre().play_all(answers(), Connection::kept, false);
}

TEST_CASE("whatever a receiver does is taken for what it is, on a fresh connection") {
  Theatre().play_all(connections(), Connection::fresh, false);
}

TEST_CASE("whatever a receiver does is taken for what it is, on a kept connection") {
  Theatre().play_all(connections(), Connection::kept, false);
}

TEST_CASE("whatever a receiver does is taken for what it is, over TLS") {
  Theatre().play_all(connections(), Connection::fresh, true);
}

TEST_CASE("whatever a receiver does is taken for what it is, over kept TLS") {
  Theatre().play_all(connections(), Connection::kept, true);
}

TEST_CASE("Retry-After is taken in both of its forms, and nothing else is") {
  using std::chrono::hours;
  using std::chrono::seconds;
  const TimePoint now{seconds{784'111'777}};  // Sun, 06 Nov 1994 08:49:37 GMT
  struct Form {
    std::string value{};
    std::optional<Duration> throttle{};
  };
  const std::vector<Form> forms = {
      {"120", seconds{120}},
      {"0120", seconds{120}},
      {"1", seconds{1}},
      {"  7  ", seconds{7}},
      {"86400", hours{24}},
      {"86401", hours{24}},
      {"999999999999999999999", hours{24}},
      {std::string(2'000, '9'), hours{24}},
      {"0", std::nullopt},
      {"", std::nullopt},
      {"-5", std::nullopt},
      {"+5", std::nullopt},
      {"1.5", std::nullopt},
      {"1e3", std::nullopt},
      {"0x10", std::nullopt},
      {"5 minutes", std::nullopt},
      {"120, 240", std::nullopt},
      {"soon", std::nullopt},
      {"\xFF", std::nullopt},
      {"Sun, 06 Nov 1994 08:50:37 GMT", seconds{60}},
      {"Sun, 06 Nov 1994 08:49:37 GMT", std::nullopt},
      {"Sun, 06 Nov 1994 08:49:36 GMT", std::nullopt},
      {"Tue, 01 Jan 2030 00:00:00 GMT", hours{24}},
      {"Fri, 31 Dec 9999 23:59:59 GMT", hours{24}},
      {"Thu, 01 Jan 1970 00:00:00 GMT", std::nullopt},
      {"Sun, 06 Nov 1994 08:50:37 UTC", std::nullopt},
      {"Sun, 06 Nov 1994 08:50:37 +0100", std::nullopt},
      {"Sunday, 06-Nov-94 08:50:37 GMT", std::nullopt},
      {"Sun Nov  6 08:50:37 1994", std::nullopt},
      {"Sun, 32 Nov 1994 08:50:37 GMT", std::nullopt},
      {"Sun, 06 Nov 1994 25:50:37 GMT", std::nullopt},
      {"1994-11-06T08:50:37Z", std::nullopt},
  };
  const DeliveryPolicy policy = profiles::snipy().policy;  // a minute before the first retry
  for (const int status : {429, 502, 503, 504, 500, 400}) {
    ReceiverOptions options;
    std::size_t turn = 0;
    options.reply = [&](const Received&) {
      return answer(status, "", "Retry-After: " + forms[turn].value + "\r\n");
    };
    Receiver receiver(std::move(options));
    Sender sender;
    for (turn = 0; turn < forms.size(); ++turn) {
      const Form& form = forms[turn];
      INFO(status << " " << form.value);
      const Completion completion = sender.send(post(receiver.url("/", "hook.test")));
      REQUIRE(completion.status == status);
      CHECK(completion.retry_after.size() <= 128);
      const Verdict meaning = verdict(policy,
                                      {.fault = completion.fault,
                                       .status = completion.status,
                                       .retry_after = completion.retry_after},
                                      Delivery{}, now, 0.0);
      const bool heeded = status != 500 && status != 400;
      CHECK(meaning.decision == Decision::retry);
      CHECK(meaning.throttle == (heeded ? form.throttle.value_or(1s) : std::optional<Duration>()));
      CHECK(meaning.delay == std::max<Duration>(seconds{60}, meaning.throttle.value_or(0ms)));
    }
  }
}
