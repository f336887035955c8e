#include "hostile/handshakes.hpp"

#include <functional>
#include <optional>
#include <utility>

namespace hookwright::testing {

std::vector<Handshake> handshakes(const Identities& identities) {
  std::vector<Handshake> all;
  const auto add = [&all](std::string name, Expected expected, const Identity* identity,
                          const std::function<void(ReceiverOptions&)>& change = {}) {
    Handshake handshake{.name = std::move(name), .expected = expected};
    handshake.receiver.identity = identity;
    if (change) change(handshake.receiver);
    all.push_back(std::move(handshake));
  };
  Expected refused_tls = breaks(Fault::tls);
  refused_tls.sends = 0;
  Expected too_late = times_out();
  too_late.sends = 0;

  add("expired", refused_tls, &identities.expired);
  add("another name", refused_tls, &identities.other);
  add("a wildcard of other names", refused_tls, &identities.wildcard_of_others);
  add("the parent's name", refused_tls, &identities.parent);
  add("the address and not the name", refused_tls, &identities.address);
  add("an unknown authority", refused_tls, &identities.unknown);
  add("signed by itself", refused_tls, &identities.self_signed);
  for (const int version : {0x0301, 0x0302}) {
    add("TLS 1." + std::to_string(version - 0x0301) + " and no newer", refused_tls,
        &identities.good, [version](ReceiverOptions& o) { o.tls_version_max = version; });
  }
  add("TLS 1.2 and no newer", delivered(), &identities.good,
      [](ReceiverOptions& o) { o.tls_version_max = 0x0303; });
  add("2,000 certificates, 1 MB", refused_tls, &identities.good,
      [](ReceiverOptions& o) { o.certificates = 2'000; });
  add("ten certificates too many", delivered(), &identities.good,
      [](ReceiverOptions& o) { o.certificates = 10; });
  add("demands a certificate, in TLS 1.2", refused_tls, &identities.good, [](ReceiverOptions& o) {
    o.demand_certificate = true;
    o.tls_version_max = 0x0303;
  });
  add("renegotiates", delivered_or_reset(), &identities.good, [](ReceiverOptions& o) {
    o.tls_version_max = 0x0303;
    o.reply = [](const Received&) {
      Reply reply = answer(200);
      reply.renegotiations = 1;
      return reply;
    };
  });
  add("renegotiates without end", timeout_or_reset(), &identities.good, [](ReceiverOptions& o) {
    o.tls_version_max = 0x0303;
    o.reply = [](const Received&) {
      Reply reply = answer(200);
      reply.renegotiations = 1'000;
      return reply;
    };
  });

  add("closed instead of a handshake", refused_tls, &identities.good,
      [](ReceiverOptions& o) { o.on_accept = [](std::size_t) { return OnAccept::close; }; });
  add("reset instead of a handshake", refused_tls, &identities.good,
      [](ReceiverOptions& o) { o.on_accept = [](std::size_t) { return OnAccept::reset; }; });
  add("a handshake that stalls", too_late, &identities.good,
      [](ReceiverOptions& o) { o.on_accept = [](std::size_t) { return OnAccept::stall; }; });
  add("a handshake taken byte by byte", too_late, &identities.good,
      [](ReceiverOptions& o) { o.on_accept = [](std::size_t) { return OnAccept::sip; }; });

  const std::string hello("\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03", 11);
  const auto bursts_out = [&](std::string name, Expected expected, Reply reply) {
    add(std::move(name), expected, &identities.good,
        [&reply](ReceiverOptions& o) { o.outburst = std::move(reply); });
  };
  bursts_out("closed within the handshake", refused_tls, {"", Then::close});
  bursts_out("reset within the handshake", refused_tls, {"", Then::reset});
  bursts_out("half a server's hello, then reset", refused_tls, {hello, Then::reset});
  bursts_out("half a server's hello, then nothing", too_late, {hello, Then::stall});
  bursts_out("a dripping handshake", too_late, {hello, Then::drip, std::string(5'000, '\0')});
  bursts_out("an alert", refused_tls, {std::string("\x15\x03\x03\0\2\2\x28", 7), Then::stall});
  bursts_out("warnings for ever", refused_tls,
             {"", Then::repeat, std::string("\x15\x03\x03\0\2\1\0", 7)});
  bursts_out("garbage", refused_tls, {std::string(5'000, 'g'), Then::stall});
  bursts_out("garbage for ever", refused_tls, {"", Then::repeat, std::string(5'000, 'g')});
  bursts_out("NUL for ever", refused_tls, {"", Then::repeat, std::string(5'000, '\0')});
  bursts_out("plain HTTP", refused_tls, {answer(200, "ok").bytes, Then::stall});
  bursts_out("a record of the largest size", too_late,
             {std::string("\x16\x03\x03\x40\0\x02\0\x3f\xfc", 9), Then::stall});
  return all;
}

}  // namespace hookwright::testing
