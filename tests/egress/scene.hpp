#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "catch2.hpp"
#include "egress/namespaces.hpp"
#include "hookwright/transports/curl.hpp"
#include "support/certificates.hpp"
#include "support/dns_server.hpp"
#include "support/receiver.hpp"
#include "transport/sending.hpp"

namespace hookwright::testing {

// The name server and the receivers of the world: one on every address it has, at 443 with a
// certificate for any name under example.com, at 8080 without TLS; and one inside, on loopback.
class Scene {
 public:
  using Reply = std::function<testing::Reply(const Received&)>;

  explicit Scene(Reply reply = {}) {
    const auto listen = [&](const std::string& address, std::uint16_t port, bool tls) {
      ReceiverOptions options;
      options.address = address;
      options.port = port;
      options.identity = tls ? &identity_ : nullptr;
      options.reply = reply;
      return std::make_unique<Receiver>(std::move(options));
    };
    World::instance().run([&] {
      dns = std::make_unique<DnsServer>("10.53.0.1");
      outer = listen("0.0.0.0", 443, true);
      outer6 = listen("::", 443, true);
      plain = listen("0.0.0.0", 8080, false);
    });
    loopback = listen("127.0.0.1", 443, true);
    proxy = listen("127.0.0.1", 3128, false);
    syns.take();
  }

  // A transport as an application would have it, with the system's resolver, which remembers
  // nothing unless told so.
  [[nodiscard]] std::unique_ptr<Transport> transport(
      const EgressPolicy& policy = EgressPolicy::production(),
      ResolverOptions names = forgetful()) const {
    CurlTransportOptions options;
    options.egress = policy;
    options.ca_file = ca_file_.path();
    options.resolver = make_system_resolver(names);
    return make_curl_transport(std::move(options));
  }

  static ResolverOptions forgetful() {
    ResolverOptions options;
    options.positive_ttl = 0ms;
    options.negative_ttl = 0ms;
    return options;
  }

  using Counts = std::map<std::string, std::size_t>;

  Authority authority_;
  Identity identity_ = authority_.issue({"*.example.com", "*.nip.io"});
  TemporaryFile ca_file_{authority_.certificate()};
  Syns syns;
  std::unique_ptr<DnsServer> dns;
  std::unique_ptr<Receiver> outer;
  std::unique_ptr<Receiver> outer6;
  std::unique_ptr<Receiver> plain;
  std::unique_ptr<Receiver> loopback;
  std::unique_ptr<Receiver> proxy;
};

inline const Scene::Counts nothing{};

inline Request to(const std::string& url, const EgressPolicy& policy = EgressPolicy::production(),
                  Duration deadline = 5s) {
  Request request = post("https://replaced.example.com/", R"({"id":1})", deadline);
  request.url = parse_url(url, policy);
  return request;
}

}  // namespace hookwright::testing
