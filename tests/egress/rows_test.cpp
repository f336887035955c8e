// The rows of the table of adversarial URLs that take a network, under the production policy as it
// stands: real names, public addresses, port 443, TLS. Every SYN is counted.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <set>
#include <string>

#include "catch2.hpp"
#include "egress/scene.hpp"
#include "hookwright/error.hpp"
#include "policy/egress_rows.hpp"

using namespace hookwright;
using namespace hookwright::testing;

namespace {

const std::string public_address = "93.184.216.34:443";

EgressRow row(int number) {
  for (const EgressRow& candidate : egress_rows()) {
    if (candidate.number == number) return candidate;
  }
  throw std::runtime_error("no such row");
}

// Makes the row's name one of the world's.
void publish(Scene& scene, const EgressRow& row) {
  DnsName what;
  what.lookups = row.lookups;
  what.alias = row.alias;
  scene.dns->set(parse_url(row.url, EgressPolicy::production()).host, what);
}

void connect_to(const char* address, std::uint16_t port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  ::inet_pton(AF_INET, address, &to.sin_addr);
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  CHECK(::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  ::close(fd);
}

}  // namespace

TEST_CASE("what is counted here would be seen: the inside is there, and answers") {
  Scene scene;
  for (const char* address : {"10.0.0.5", "169.254.169.254", "192.168.0.1", "100.100.100.200"}) {
    connect_to(address, 443);
  }
  connect_to("127.0.0.1", 443);
  CHECK(scene.syns.take() == Scene::Counts{{"10.0.0.5:443", 1},
                                           {"169.254.169.254:443", 1},
                                           {"192.168.0.1:443", 1},
                                           {"100.100.100.200:443", 1},
                                           {"127.0.0.1:443", 1}});
}

TEST_CASE("rows 113 to 121 and 126: a name that leads inside costs not one SYN") {
  Scene scene;
  const auto transport = scene.transport();
  std::set<int> seen;
  for (const EgressRow& candidate : egress_rows()) {
    if (candidate.verdict != "C") continue;
    INFO("row " << candidate.number << ": " << candidate.url << " (" << candidate.why << ")");
    seen.insert(candidate.number);
    publish(scene, candidate);
    for (int i = 0; i < 2; ++i) {
      const Completion completion = send(*transport, to(candidate.url));
      CHECK(completion.fault == Fault::blocked);
      CHECK(completion.sends == 0);
    }
    CHECK(scene.dns->asked(parse_url(candidate.url, EgressPolicy::production()).host) == 2);
    CHECK(scene.syns.take() == nothing);
  }
  CHECK(seen == std::set<int>{113, 114, 115, 116, 117, 118, 120, 121, 126});
}

TEST_CASE("row 119: a name that is public first and inside then is reached once") {
  Scene scene;
  const auto transport = scene.transport();
  publish(scene, row(119));
  CHECK(send(*transport, to(row(119).url)).status == 200);
  CHECK(scene.syns.take() == Scene::Counts{{public_address, 1}});
  for (int i = 0; i < 3; ++i) {
    const Completion completion = send(*transport, to(row(119).url));
    CHECK(completion.fault == Fault::blocked);
    CHECK(completion.sends == 0);
  }
  CHECK(scene.syns.take() == nothing);
  CHECK(scene.outer->requests().size() == 1);
}

TEST_CASE("row 119: while the answer is remembered, the address that was vetted is used") {
  Scene scene;
  ResolverOptions names;
  const auto transport = scene.transport(EgressPolicy::production(), names);
  publish(scene, row(119));  // with a TTL of 0, which getaddrinfo() doesn't tell
  for (int i = 0; i < 20; ++i) CHECK(send(*transport, to(row(119).url)).status == 200);
  CHECK(scene.dns->asked("row119.example.com") == 1);
  CHECK(scene.syns.take() == Scene::Counts{{public_address, 1}});
}

TEST_CASE("row 120: of a mixed answer the public addresses are used where that is allowed") {
  Scene scene;
  EgressPolicy policy = EgressPolicy::production();
  policy.allow_mixed_answers = true;
  const auto transport = scene.transport(policy);
  publish(scene, row(120));
  const Completion completion = send(*transport, to(row(120).url));
  CHECK(completion.status == 200);
  CHECK(completion.address == "93.184.216.34");
  CHECK(scene.syns.take() == Scene::Counts{{public_address, 1}});
}

TEST_CASE("row 122: a redirect to the inside is an answer like any other") {
  Scene scene([](const Received&) {
    return answer(307, "", "Location: http://169.254.169.254/latest/meta-data/\r\n");
  });
  const auto transport = scene.transport();
  publish(scene, row(122));
  CHECK(send(*transport, to(row(122).url)).status == 307);
  CHECK(scene.syns.take() == Scene::Counts{{public_address, 1}});
  CHECK(scene.outer->requests().size() == 1);
}

TEST_CASE("row 123: an alternative service inside is ignored") {
  Scene scene([](const Received&) {
    return Reply{
        "HTTP/1.1 200 OK\r\nAlt-Svc: h2=\"127.0.0.1:443\", http/1.1=\"127.0.0.1:443\"\r\n"
        "Connection: close\r\nContent-Length: 0\r\n\r\n",
        Reply::Then::close};
  });
  const auto transport = scene.transport();
  publish(scene, row(123));
  for (int i = 0; i < 3; ++i) CHECK(send(*transport, to(row(123).url)).status == 200);
  CHECK(scene.syns.take() == Scene::Counts{{public_address, 3}});
}

TEST_CASE("row 125: a proxy in the environment is ignored") {
  Scene scene;
  const char* const names[] = {"https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy",
                               "ALL_PROXY"};
  for (const char* name : names) ::setenv(name, "http://127.0.0.1:3128", 1);
  const auto transport = scene.transport();
  publish(scene, row(125));
  CHECK(send(*transport, to(row(125).url)).status == 200);
  for (const char* name : names) ::unsetenv(name);
  CHECK(scene.syns.take() == Scene::Counts{{public_address, 1}});
}

// Row 124 with rules that tighten by themselves: an address of the world's becomes this host's own.
// It takes the five seconds for which those addresses are remembered. What a policy does that
// tightens between a connection's check and its use is in transport/border_test.cpp.
TEST_CASE("row 124: a connection that is kept is not used once its address is this host's") {
  Scene scene;
  const auto transport = scene.transport();
  publish(scene, row(124));
  CHECK(send(*transport, to(row(124).url)).status == 200);
  World::ip("addr add 93.184.216.34/32 dev lo");
  const SteadyTime patience = in(10s);
  Completion completion;
  do {
    std::vector<Completion> none;
    transport->poll(in(100ms), none);
    completion = send(*transport, to(row(124).url));
  } while (completion.fault != Fault::blocked && std::chrono::steady_clock::now() < patience);
  CHECK(completion.fault == Fault::blocked);
  scene.syns.take();
  for (int i = 0; i < 10; ++i) {
    const Completion next = send(*transport, to(row(124).url));
    CHECK(next.fault == Fault::blocked);
    CHECK(next.sends == 0);
  }
  CHECK(scene.syns.take() == nothing);
  World::ip("addr del 93.184.216.34/32 dev lo");
  CHECK(scene.outer->requests().size() == 1);
}

TEST_CASE("addresses in URLs are held to the same rules") {
  Scene scene;
  EgressPolicy policy = EgressPolicy::production();
  policy.allow_ip_literals = true;
  const auto transport = scene.transport(policy);
  // This host's own: the grammar can't know.
  CHECK(send(*transport, to("https://11.0.0.1/", policy)).fault == Fault::blocked);
  CHECK(send(*transport, to("https://[2606:4700:11::1]/", policy)).fault == Fault::blocked);
  // Those that it refuses, from somebody who didn't ask it.
  const EgressPolicy development = EgressPolicy::development();
  for (const std::string host : {"10.0.0.5", "127.0.0.1", "[::1]", "[::ffff:10.0.0.5]",
                                 "[64:ff9b::a00:5]", "[2002:a00:5::]"}) {
    INFO(host);
    const std::string url = "https://" + host + "/";
    CHECK_THROWS_AS(parse_url(url, policy), ConfigError);
    CHECK(send(*transport, to(url, development)).fault == Fault::blocked);
  }
  CHECK(scene.syns.take() == nothing);
}

TEST_CASE("every address of a long list of inner ones is refused, in each family and alone") {
  Scene scene;
  const auto transport = scene.transport();
  const std::string address =
      GENERATE(as<std::string>{}, "0.0.0.0", "10.0.0.5", "100.64.0.1", "100.100.100.200",
               "127.0.0.1", "168.63.129.16", "169.254.170.2", "172.16.0.1", "192.0.0.192",
               "192.168.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
               "::", "::1", "::ffff:10.0.0.5", "::10.0.0.5", "64:ff9b::10.0.0.5", "2002:a00:5::1",
               "2001:0:808:808::f5ff:fffa", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1",
               "ff02::1", "2606:4700:4700::5efe:10.0.0.5", "11.0.0.1", "2606:4700:11::1");
  INFO(address);
  scene.dns->set("inside.example.com", {address});
  CHECK(send(*transport, to("https://inside.example.com/")).sends == 0);
  scene.dns->set("mixed.example.com", {"93.184.216.34", address});
  CHECK(send(*transport, to("https://mixed.example.com/")).fault == Fault::blocked);
  CHECK(scene.syns.take() == nothing);
}
