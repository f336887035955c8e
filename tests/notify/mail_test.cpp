// What a mail is made of, without a server.

#include "notify/mail.hpp"

#include <string>

#include "catch2.hpp"
#include "hookwright/error.hpp"
#include "notify/mail_templates.hpp"

using namespace hookwright;
using notify::fill;
using notify::to_message;
using notify::valid_address;

TEST_CASE("mail: an address is one, and nothing else") {
  for (const std::string good : {"a@b", "admin@acme.example", "a.b+c_d-e@x-y.z", "o'neil@a.b"}) {
    CAPTURE(good);
    CHECK(valid_address(good));
  }
  for (const std::string bad :
       {"",      "@",          "a@",    "@b",   "a",     "a@b@c",       "a b@c",   "a@b c",
        "a\n@b", "a@b\r",      "<a@b>", "a@b>", "a,b@c", "a;b@c",       "\"a\"@b", "a:b@c",
        "(a)@b", "\xC3\xBC@b", "-a@b",  ".a@b", "a.@b",  "a@[1.2.3.4]", "a\\@b"}) {
    CAPTURE(bad);
    CHECK_FALSE(valid_address(bad));
  }
  CHECK(valid_address(std::string(252, 'a') + "@b"));
  CHECK_FALSE(valid_address(std::string(253, 'a') + "@b"));
}

TEST_CASE("mail: a message as RFC 5322 and RFC 2047 want it") {
  notify::Mail mail{.from = "hooks@example.com",
                    .from_name = "Hooks",
                    .to = "admin@acme.example",
                    .subject = "It is paused",
                    .text = "Hello\n",
                    .id = "1@example.com",
                    .at = TimePoint(std::chrono::milliseconds(1'772'625'905'123))};
  CHECK(to_message(mail) ==
        "Date: Wed, 04 Mar 2026 12:05:05 +0000\r\n"
        "From: Hooks <hooks@example.com>\r\n"
        "To: <admin@acme.example>\r\n"
        "Subject: It is paused\r\n"
        "Message-ID: <1@example.com>\r\n"
        "Auto-Submitted: auto-generated\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        "\r\n"
        "SGVsbG8K\r\n");
  mail.subject = "Z\xC3\xBCrich";
  CHECK_THAT(to_message(mail), Catch::Matchers::Contains("Subject: =?UTF-8?B?WsO8cmljaA==?=\r\n"));
  mail.subject = "=?UTF-8?B?WsO8cmljaA==?=";  // text that looks like a word is not read as one
  CHECK_THAT(to_message(mail), !Catch::Matchers::Contains("=?UTF-8?B?WsO8cmljaA==?="));
  mail.subject = "a\r\nBcc: b@c\0d";
  CHECK_THAT(to_message(mail), !Catch::Matchers::Contains("\nBcc"));
}

TEST_CASE(
    "mail: whatever the bytes of a subject, no line is long and no word is cut in a character") {
  std::string subject;
  for (int i = 0; i < 200; ++i) subject += "\xF0\x9F\x98\x80";
  notify::Mail mail{.from = "a@b", .from_name = subject, .to = "c@d", .subject = subject};
  std::string message = to_message(mail);
  std::size_t words = 0;
  for (std::size_t from = 0; from < message.size();) {
    const std::size_t end = message.find("\r\n", from);
    REQUIRE(end != std::string::npos);
    CHECK(end - from <= 90);
    const std::string line = message.substr(from, end - from);
    // 40 bytes of ten such characters: 56 characters with their padding.
    if (line.find("?B?8J+YgPCf") != std::string::npos) ++words;
    from = end + 2;
  }
  CHECK(words >= 12);
  for (const std::string& odd :
       {std::string(300, '\x80'), std::string(300, '\xFF'), std::string(1, '\0')}) {
    mail.subject = odd;
    CHECK(to_message(mail).find('\0') == std::string::npos);
  }
}

TEST_CASE("mail: templates are filled once, with text") {
  Notice notice{.kind = NoticeKind::endpoint_paused,
                .tenant = "{type}",
                .type = "a\tb",
                .reason = Reason::exhausted,
                .at = TimePoint(std::chrono::milliseconds(1'772'625'905'123))};
  CHECK(fill("{product}: {tenant} {type} {reason} {what}", notice, "P {at}") ==
        "P {at}: {type} a b exhausted endpoint_paused");
  CHECK(fill("{at}", notice, "") == "2026-03-04 12:05:05 UTC");
  CHECK(fill("{endpoint}{delivery}", notice, "") == "--");
  CHECK(fill("{{tenant} {{{{ }", notice, "") == "{tenant} {{ }");
  notice.tenant = std::string(10'000, 'x');
  CHECK(fill("{tenant}", notice, "").size() == 512);
}
