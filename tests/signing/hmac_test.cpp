#include "signing/hmac.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "catch2.hpp"
#include "signing/signature.hpp"

namespace {

using hookwright::SignatureEncoding;
using hookwright::signing::HmacSha256;
using hookwright::signing::Mac;

std::string hex(const Mac& mac) {
  std::string text;
  hookwright::signing::append_signature(mac, SignatureEncoding::hex, text);
  return text;
}

std::string hmac(std::string_view key, std::string_view text) {
  return hex(HmacSha256(key).sign({text}));
}

}  // namespace

TEST_CASE("HMAC-SHA256 as RFC 4231 has it") {
  CHECK(hmac(std::string(20, '\x0b'), "Hi There") ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hmac("Jefe", "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hmac(std::string(20, '\xaa'), std::string(50, '\xdd')) ==
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  CHECK(hmac(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First") ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

// hook0's scheme is none of ours; its vectors show that parts of what is signed are simply joined.
TEST_CASE("HMAC-SHA256 of the parts that hook0 signs") {
  HmacSha256 key("secret");
  CHECK(hex(key.sign({"1636936200", ".", "hello !"})) ==
        "1b3d69df55f1e52f05224ba94a5162abeb17ef52cd7f4948c390f810d6a87e98");
  CHECK(hex(key.sign({"1636936200", ".", "x-event-id x-event-type", ".",
                      "1a01cb48-5142-4d9b-8f90-d20cca61f0ee", ".", "service.resource.verb", ".",
                      "hello !"})) ==
        "bc521546ba5de381b12f135782d2008b028c3065c191760b12b76850a8fc8f51");
}

TEST_CASE("a key signs again and again, and so do its copies") {
  HmacSha256 key("Jefe");
  const std::string first = hex(key.sign({"what do ya want ", "for nothing?"}));
  CHECK(hex(key.sign({"something else"})) != first);
  CHECK(hex(key.sign({"what do ya want for nothing?"})) == first);
  CHECK(hex(key.sign({""})) == hex(key.sign({})));

  HmacSha256 copy = key;
  CHECK(hex(copy.sign({"what do ya want for nothing?"})) == first);
  HmacSha256 moved = std::move(key);
  CHECK(hex(moved.sign({"what do ya want for nothing?"})) == first);
}

TEST_CASE("a MAC is read back from what was written, and from nothing else") {
  const Mac mac = HmacSha256("Jefe").sign({"what do ya want for nothing?"});
  for (const SignatureEncoding encoding : {SignatureEncoding::hex, SignatureEncoding::base64}) {
    std::string text;
    hookwright::signing::append_signature(mac, encoding, text);
    Mac read{};
    REQUIRE(hookwright::signing::read_signature(text, encoding, read));
    CHECK(hookwright::signing::same_mac(mac, read));
    read[31] = static_cast<std::uint8_t>(read[31] ^ 1U);
    CHECK_FALSE(hookwright::signing::same_mac(mac, read));

    CHECK_FALSE(hookwright::signing::read_signature("", encoding, read));
    CHECK_FALSE(hookwright::signing::read_signature(text.substr(1), encoding, read));
    CHECK_FALSE(hookwright::signing::read_signature(text + "0", encoding, read));
    CHECK_FALSE(hookwright::signing::read_signature(std::string(text.size(), '*'), encoding, read));
  }
  Mac read{};
  CHECK(hookwright::signing::read_signature(
      "5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843", SignatureEncoding::hex,
      read));
  CHECK(hookwright::signing::same_mac(mac, read));
}
