#include "hookwright/verifier.hpp"

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "catch2.hpp"
#include "hookwright/error.hpp"
#include "hookwright/profiles.hpp"
#include "signing/signed_request.hpp"

namespace {

using namespace hookwright;
using namespace signing_test;
using Catch::Matchers::ContainsSubstring;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Verifier standard_verifier() {
  return {profiles::standard_webhooks().wire, secrets({standard_text})};
}

std::vector<Header> standard_headers() {
  return sign(profiles::standard_webhooks().wire, secrets({standard_text}), "{}");
}

std::vector<Header> with(std::vector<Header> headers, std::string_view name, std::string value) {
  for (Header& header : headers) {
    if (header.name == name) header.value = value;
  }
  return headers;
}

std::vector<Header> without(std::vector<Header> headers, std::string_view name) {
  std::erase_if(headers, [name](const Header& header) { return header.name == name; });
  return headers;
}

// The time that the headers carry: whole seconds.
constexpr TimePoint stamped{seconds(1614265330)};

}  // namespace

TEST_CASE("what the signer sent verifies, for every preset") {
  for (const Profile& profile : {profiles::hypersnap(), profiles::snipy(), profiles::snapglyph(),
                                 profiles::standard_webhooks(), profiles::branded("Acme")}) {
    CAPTURE(profile.name);
    const Verifier verifier(profile.wire, secrets({standard_text}));
    const auto headers = sign(profile.wire, secrets({standard_text}), snipy_body);
    CHECK(verifier.verify(headers, snipy_body, vector_time) == Verification::ok);
    CHECK(verifier.verify(headers, snapglyph_body, vector_time) == Verification::wrong_signature);
    CHECK(verifier.verify(headers, std::string(snipy_body) + "\n", vector_time) ==
          Verification::wrong_signature);
    const Verifier stranger(profile.wire, secrets({standard_text_long}));
    CHECK(stranger.verify(headers, snipy_body, vector_time) == Verification::wrong_signature);
    const auto none = without(headers, profile.wire.signature_header);
    CHECK(verifier.verify(none, snipy_body, vector_time) == Verification::missing_header);
  }
}

TEST_CASE("every byte of body, id and time is signed, and every byte of a signature counts") {
  const Verifier verifier = standard_verifier();
  const auto headers = standard_headers();
  const std::string signature = value_of(headers, "webhook-signature");
  for (std::size_t i = 3; i < signature.size(); ++i) {
    std::string changed = signature;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(verifier.verify(with(headers, "webhook-signature", changed), "{}", vector_time));
  }
  const std::string id = value_of(headers, "webhook-id");
  for (std::size_t i = 0; i < id.size(); ++i) {
    std::string changed = id;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK(verifier.verify(with(headers, "webhook-id", changed), "{}", vector_time) ==
          Verification::wrong_signature);
  }
  CHECK(verifier.verify(with(headers, "webhook-timestamp", "1614265331"), "{}", vector_time) ==
        Verification::wrong_signature);
}

TEST_CASE("header names are found in any case and order") {
  const Verifier verifier(profiles::snipy().wire, secrets({plain_text}));
  const std::string value =
      value_of(sign(profiles::snipy().wire, secrets({plain_text}), "{}"), "X-Snipy-Signature");
  for (const std::string_view name :
       {"x-snipy-signature", "X-SNIPY-SIGNATURE", "X-sNiPy-Signature"}) {
    const std::vector<Header> headers = {
        {"Host", "example.com"}, {std::string(name), value}, {"X-Snipy", "no"}};
    CHECK(verifier.verify(headers, "{}", vector_time));
  }
}

TEST_CASE("headers may be looked up in whatever the server has") {
  const auto headers = standard_headers();
  std::vector<std::string> asked;
  const HeaderLookup lookup = [&](std::string_view name) {
    asked.emplace_back(name);
    const std::string value = value_of(headers, name);
    return value == "(none)" ? std::string() : value;
  };
  CHECK(standard_verifier().verify(lookup, "{}", vector_time));
  CHECK(asked == std::vector<std::string>{"webhook-signature", "webhook-id", "webhook-timestamp"});
  const auto nothing = [](std::string_view) { return std::string(); };
  CHECK(standard_verifier().verify(nothing, "{}", vector_time) == Verification::missing_header);
}

TEST_CASE("a timestamp may be five minutes off, and not a millisecond more") {
  const Verifier verifier = standard_verifier();
  const auto headers = standard_headers();
  CHECK(verifier.verify(headers, "{}", stamped + minutes(5)) == Verification::ok);
  CHECK(verifier.verify(headers, "{}", stamped + minutes(5) + milliseconds(1)) ==
        Verification::too_old);
  CHECK(verifier.verify(headers, "{}", stamped - minutes(5)) == Verification::ok);
  CHECK(verifier.verify(headers, "{}", stamped - minutes(5) - milliseconds(1)) ==
        Verification::too_new);
}

TEST_CASE("the tolerance is the receiver's to choose") {
  const WireFormat wire = profiles::standard_webhooks().wire;
  VerifierOptions options;
  options.tolerance = seconds(1);
  const Verifier strict(wire, secrets({standard_text}), options);
  CHECK(strict.verify(standard_headers(), "{}", stamped + seconds(1)));
  CHECK_FALSE(strict.verify(standard_headers(), "{}", stamped + seconds(2)));
}

TEST_CASE("a body-only signature has no time to check") {
  const WireFormat wire = profiles::snipy().wire;
  const auto headers = sign(wire, secrets({plain_text}), "{}");
  CHECK(Verifier(wire, secrets({plain_text})).verify(headers, "{}", TimePoint{}));
}

TEST_CASE("ids and timestamps that can't be any are malformed") {
  const Verifier verifier = standard_verifier();
  const auto headers = standard_headers();
  for (const std::string_view text :
       {"+1614265330", "-1", " 1614265330", "1614265330 ", "1614265330.0", "1.6e9", "0x1", "now",
        "99999999999999999999", "161426533000000000"}) {
    CAPTURE(text);
    CHECK(verifier.verify(with(headers, "webhook-timestamp", std::string(text)), "{}",
                          vector_time) == Verification::malformed);
  }
  // "a" at 1 with "2.{}" and "a.1" at 2 with "{}" would be the same bytes.
  CHECK(verifier.verify(with(headers, "webhook-id", "msg_a.1"), "{}", vector_time) ==
        Verification::malformed);
  for (const std::string_view name : {"webhook-id", "webhook-timestamp", "webhook-signature"}) {
    CHECK(verifier.verify(with(headers, name, ""), "{}", vector_time) ==
          Verification::missing_header);
    CHECK(verifier.verify(without(headers, name), "{}", vector_time) ==
          Verification::missing_header);
  }
}

TEST_CASE("a header given twice is malformed: nobody can tell which one another reader took") {
  for (const std::string_view name : {"webhook-id", "Webhook-Timestamp", "WEBHOOK-SIGNATURE"}) {
    auto headers = standard_headers();
    headers.push_back({std::string(name), "something"});
    CHECK(standard_verifier().verify(headers, "{}", vector_time) == Verification::malformed);
  }
}

TEST_CASE("any of several signatures will do, and unknown versions are passed over") {
  const Verifier verifier = standard_verifier();
  const auto headers = standard_headers();
  const std::string right = value_of(headers, "webhook-signature");
  const std::string wrong = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=";
  const std::string ed25519 =
      "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/"
      "enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";
  const auto verify = [&](const std::string& value) {
    return verifier.verify(with(headers, "webhook-signature", value), "{}", vector_time);
  };
  for (const std::string& value :
       {wrong + " " + right, right + " " + wrong, ed25519 + " " + right, "v2,x " + right,
        "v1, " + right, "v1 " + right, wrong + "  " + right, " " + right + " "}) {
    CAPTURE(value);
    CHECK(verify(value) == Verification::ok);
  }
  CHECK(verify(wrong + " " + ed25519) == Verification::wrong_signature);
  CHECK(verify(ed25519) == Verification::malformed);
  CHECK(verify(right + "," + wrong) == Verification::malformed);
}

TEST_CASE("a verification is true only if the request is genuine, and has a name for the log") {
  CHECK(Verification(Verification::ok));
  CHECK(Verification(Verification::ok).text() == "ok");
  for (const Verification::Reason reason :
       {Verification::missing_header, Verification::malformed, Verification::wrong_signature,
        Verification::too_old, Verification::too_new}) {
    CHECK_FALSE(Verification(reason));
    CHECK(Verification(reason).reason() == reason);
    CHECK(Verification(reason).text().size() > 2);
  }
}

TEST_CASE("a verifier that could never verify is refused at once") {
  const WireFormat standard = profiles::standard_webhooks().wire;
  const auto good = secrets({standard_text});
  CHECK_THROWS_WITH(Verifier(standard, {}), "verifier.secret: must be given");
  CHECK_THROWS_WITH(Verifier(standard, secrets({plain_text})),
                    ContainsSubstring("verifier.secret: ") && !ContainsSubstring("your_signing"));
  CHECK_THROWS_AS(Verifier(WireFormat{}, good), ConfigError);
  WireFormat no_id = standard;
  no_id.id_header.clear();
  CHECK_THROWS_AS(Verifier(no_id, good), ConfigError);
  VerifierOptions options;
  options.tolerance = milliseconds(-1);
  CHECK_THROWS_WITH(Verifier(standard, good, options), ContainsSubstring("verifier.tolerance"));
}

TEST_CASE("threads share a verifier") {
  const Verifier verifier(profiles::standard_webhooks().wire,
                          secrets({standard_text_long, standard_text}));
  const auto genuine = standard_headers();
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        if (!verifier.verify(genuine, "{}", vector_time)) ++wrong;
        if (verifier.verify(genuine, "{ }", vector_time)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}
