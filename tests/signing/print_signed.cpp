// Prints requests as our signer makes them, for the scripts that verify them as each product's
// documentation tells its customers to. One a line, separated by tabs: profile, secret, the body in
// base64, and the headers as "name: value".

#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "hookwright/profiles.hpp"
#include "signing/base64.hpp"
#include "signing/signed_request.hpp"

namespace {

using namespace hookwright;
using namespace signing_test;

// Any 32 bytes are a seed; this one's public half is in no vector.
constexpr std::string_view ed25519_text =
    "whsk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8DoQe/884Qvh1w3RjnS8CZZ+TWMJulDV8d3IZkElUxuA==";

void print(const Profile& profile, std::string_view secret, std::string_view body) {
  std::string line = profile.name;
  line.append("\t").append(secret).append("\t");
  signing::append_base64(std::vector<std::uint8_t>(body.begin(), body.end()), line);
  for (const Header& header : sign(profile.wire, secrets({secret}), body)) {
    line.append("\t").append(header.name).append(": ").append(header.value);
  }
  std::cout << line << "\n";
}

}  // namespace

int main() {
  // As the canonical writer leaves them: JSON.stringify(JSON.parse(body)) gives the same bytes.
  const std::vector<std::string_view> bodies = {
      snipy_body, snapglyph_body, R"({"event":"a.b","timestamp":"2026-03-04T12:00:00Z","data":{}})",
      R"({"event":"a.b","data":{"quote":"\"\\/","control":"\b\t\n\f\r\u0000\u001f","number":-1.5e-7}})",
      "{\"event\":\"a.b\",\"data\":{\"text\":\"Z\xC3\xBCrich \xE2\x80\xA8 \xF0\x9F\x98\x80 "
      "\x7F\"}}"};
  const std::vector<Profile> products = {profiles::hypersnap(), profiles::snipy(),
                                         profiles::snapglyph(), profiles::branded("Acme")};
  for (const std::string_view body : bodies) {
    for (const std::string_view secret : {standard_text, standard_text_long}) {
      for (const Profile& profile : products) print(profile, secret, body);
      print(profiles::standard_webhooks(), secret, body);
    }
    print(profiles::standard_webhooks(), ed25519_text, body);
    for (const Profile& profile : products) print(profile, plain_text, body);
    for (const Profile& profile : products) print(profile, "gr\xC3\xBC\xC3\x9F dich", body);
  }
}
