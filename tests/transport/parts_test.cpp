// Parts of the transport that can be held in the hand.

#include <array>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "catch2.hpp"
#include "support/address.hpp"
#include "transport/guard.hpp"
#include "transport/header_list.hpp"
#include "transport/library.hpp"
#include "transport/outcome.hpp"
#include "transport/placeholder.hpp"
#include "transport/pools.hpp"
#include "transport/sockets.hpp"

#ifndef _WIN32
#include <sys/un.h>
#include <unistd.h>
#endif

using namespace hookwright;
using namespace hookwright::transport;

namespace {

// What libcurl hands to the callback, with room for any address behind it.
struct Offer {
  explicit Offer(const IpAddress& to, std::uint16_t port) {
    open.addr.sa_family = 0;
    open.addrlen = write_sockaddr(to, port, &open.addr);
    open.family = open.addr.sa_family;
    open.socktype = SOCK_STREAM;
    open.protocol = IPPROTO_TCP;
  }
  union {
    curl_sockaddr open{};
    std::array<char, sizeof(curl_sockaddr) + sizeof(sockaddr_storage)> room;
  };
};

struct Aimed {
  Aimed() { guard.aim(address("100::1234"), address("127.0.0.1"), 443); }

  bool opens(Offer& offer, curlsocktype purpose = CURLSOCKTYPE_IPCXN) {
    const curl_socket_t socket = guard.open_socket(purpose, &offer.open);
    if (socket == CURL_SOCKET_BAD) return false;
#ifdef _WIN32
    ::closesocket(socket);
#else
    ::close(socket);
#endif
    return true;
  }

  Border border{EgressPolicy::development()};
  Guard guard{border};
};

}  // namespace

TEST_CASE("SipHash gives the reference's values") {
  // From the authors' vectors: key 00 01 .. 0f, messages of 0, 1, 8 and 15 bytes 00 01 02 ...
  const std::array<std::uint64_t, 2> key = {0x0706050403020100U, 0x0f0e0d0c0b0a0908U};
  std::string bytes;
  for (char c = 0; c < 15; ++c) bytes += c;
  CHECK(siphash(key, bytes.substr(0, 0)) == 0x726fdb47dd0e0e31U);
  CHECK(siphash(key, bytes.substr(0, 1)) == 0x74f839c593dc67fdU);
  CHECK(siphash(key, bytes.substr(0, 8)) == 0x93f5f5799a932462U);
  CHECK(siphash(key, bytes) == 0xa129ca6149be45e5U);
}

TEST_CASE("a placeholder is one of its target alone, and stays it") {
  const Placeholders placeholders;
  const IpAddress one = address("192.0.2.1");
  const std::vector<IpAddress> all = {
      placeholders.make(1, "a.example", 443, one),
      placeholders.make(2, "a.example", 443, one),
      placeholders.make(1, "b.example", 443, one),
      placeholders.make(1, "a.example", 444, one),
      placeholders.make(1, "a.example", 443, address("192.0.2.2")),
      placeholders.make(1, "a.example", 443, address("c000:201::")),
  };
  std::set<std::string> texts;
  for (const IpAddress& placeholder : all) {
    texts.insert(placeholder.text());
    CHECK(placeholder.is_v6());
    CHECK(std::string(placeholder.bytes().begin(), placeholder.bytes().begin() + 8) ==
          std::string("\x01\0\0\0\0\0\0\0", 8));
    CHECK(!EgressPolicy::production().allows(placeholder));
  }
  CHECK(texts.size() == all.size());
  CHECK(Placeholders().make(1, "a.example", 443, one) == all[0]);
}

TEST_CASE("targets are dealt to pools in turn, and find their own again") {
  const Placeholders placeholders;
  const auto target = [&placeholders](std::size_t i) {
    return placeholders.make(1, "h" + std::to_string(i) + ".example", 443, address("192.0.2.1"));
  };
  Library any = library();
  any.connections_can_be_shared = true;
  Pools pools(any, 1'100);
  std::map<CURLSH*, std::size_t> targets;
  for (std::size_t i = 0; i < 1'000; ++i) ++targets[pools.of(target(i))];
  CHECK(targets.size() == 4);
  CHECK(!targets.contains(nullptr));
  CHECK(targets.size() * pools.connections_max() <= 1'100);
  for (const auto& [pool, count] : targets) CHECK(count == 250);
  CURLSH* const first = pools.of(target(0));
  for (std::size_t i = 1; i < 1'000; ++i) CHECK((pools.of(target(i)) == first) == (i % 4 == 0));

  // The one that is one too many makes it forget all others, which are dealt once more.
  CURLSH* const third = pools.of(target(2));
  for (std::size_t i = 1'000; i <= 1'100; ++i) CHECK(targets.contains(pools.of(target(i))));
  CURLSH* const other = pools.of(target(2));
  CHECK(targets.contains(other));
  CHECK(other != third);
}

TEST_CASE("few connections are in one pool, and so are those of older libraries") {
  const Placeholders placeholders;
  const IpAddress one = placeholders.make(1, "a.example", 443, address("192.0.2.1"));
  Library any = library();
  Pools few(any, 500);
  CHECK(few.of(one) == few.sessions());
  CHECK(few.connections_max() == 500);
  any.connections_can_be_shared = false;
  Pools older(any, 10'000);
  CHECK(older.of(one) == older.sessions());
  CHECK(older.connections_max() == 10'000);
}

TEST_CASE("a guard opens a socket to the placeholder alone, and puts the vetted address there") {
  Aimed aimed;
  Offer offer(address("100::1234"), 443);
  CHECK(aimed.opens(offer));
  CHECK(offer.open.family == AF_INET);
  const auto endpoint = read_sockaddr(&offer.open.addr, offer.open.addrlen);
  REQUIRE(endpoint);
  CHECK(endpoint->address == address("127.0.0.1"));
  CHECK(endpoint->port == 443);
  CHECK(!aimed.guard.blocked());

#ifdef SOCK_CLOEXEC
  // As libcurl has it from 8.19.
  Offer flagged(address("100::1234"), 443);
  flagged.open.socktype = SOCK_STREAM | SOCK_CLOEXEC;
  CHECK(aimed.opens(flagged));
#endif
}

TEST_CASE("a guard blocks whatever was not foreseen") {
  Aimed aimed;
  Offer offer(address("100::1234"), 443);
  bool opened = true;
  SECTION("another address") {
    offer = Offer(address("100::1235"), 443);
    opened = aimed.opens(offer);
  }
  SECTION("the vetted address itself") {
    offer = Offer(address("127.0.0.1"), 443);
    opened = aimed.opens(offer);
  }
  SECTION("another port") {
    offer = Offer(address("100::1234"), 80);
    opened = aimed.opens(offer);
  }
  SECTION("a datagram") {
    offer.open.socktype = SOCK_DGRAM;
    opened = aimed.opens(offer);
  }
  SECTION("another family") {
    offer.open.family = 1;  // AF_UNIX
    opened = aimed.opens(offer);
  }
  SECTION("another purpose") {
    opened = aimed.opens(offer, CURLSOCKTYPE_ACCEPT);
  }
  SECTION("a policy that has become stricter") {
    aimed.border = Border(EgressPolicy::production());
    opened = aimed.opens(offer);
  }
  CHECK(!opened);
  CHECK(aimed.guard.blocked());
}

#if LIBCURL_VERSION_NUM >= 0x075000
TEST_CASE("a guard looks at each request, on kept connections too") {
  Aimed aimed;
  SECTION("as foreseen") {
    CHECK(aimed.guard.before_request("127.0.0.1", 443) == CURL_PREREQFUNC_OK);
    CHECK(aimed.guard.sends() == 1);
    return;
  }
  SECTION("another address") {
    CHECK(aimed.guard.before_request("127.0.0.2", 443) == CURL_PREREQFUNC_ABORT);
  }
  SECTION("another port") {
    CHECK(aimed.guard.before_request("127.0.0.1", 80) == CURL_PREREQFUNC_ABORT);
  }
  SECTION("a policy that has become stricter") {
    aimed.border = Border(EgressPolicy::production());
    CHECK(aimed.guard.before_request("127.0.0.1", 443) == CURL_PREREQFUNC_ABORT);
  }
  CHECK(aimed.guard.blocked());
  CHECK(aimed.guard.sends() == 0);
}

TEST_CASE("a guard sends nothing where it can't be told who was reached: the connection is gone") {
  for (const char* const address : {"", static_cast<const char*>(nullptr)}) {
    Aimed aimed;
    CHECK(aimed.guard.before_request(address, 443) == CURL_PREREQFUNC_ABORT);
    CHECK(aimed.guard.gone());
    CHECK_FALSE(aimed.guard.blocked());
    CHECK(aimed.guard.sends() == 0);
  }
}

TEST_CASE("a guard lets a POST be repeated once, on a new connection") {
  Aimed aimed;
  Offer offer(address("100::1234"), 443);
  CHECK(aimed.guard.before_request("127.0.0.1", 443) == CURL_PREREQFUNC_OK);
  SECTION("new") {
    CHECK(aimed.opens(offer));
    CHECK(aimed.guard.before_request("127.0.0.1", 443) == CURL_PREREQFUNC_OK);
    CHECK(aimed.guard.sends() == 2);
    CHECK(!aimed.guard.stopped_repeat());
    Offer next(address("100::1234"), 443);
    CHECK(aimed.opens(next));
    CHECK(aimed.guard.before_request("127.0.0.1", 443) == CURL_PREREQFUNC_ABORT);
    CHECK(aimed.guard.sends() == 2);
  }
  SECTION("kept") {
    CHECK(aimed.guard.before_request("127.0.0.1", 443) == CURL_PREREQFUNC_ABORT);
    CHECK(aimed.guard.sends() == 1);
  }
  SECTION("by rewinding the body") {
    aimed.guard.refuse_rewind();
    CHECK(aimed.guard.sends() == 1);
  }
  CHECK(aimed.guard.stopped_repeat());
  CHECK(!aimed.guard.blocked());
}
#endif

TEST_CASE("headers are laid out as libcurl wants them") {
  HeaderList list;
  REQUIRE(list.assign({{"Content-Type", "application/json"}, {"X-Empty", ""}, {"ACCEPT", "a"}}));
  std::vector<std::string> lines;
  for (const curl_slist* node = list.lines(); node != nullptr; node = node->next) {
    lines.emplace_back(node->data);
  }
  CHECK(lines == std::vector<std::string>{"Content-Type: application/json", "X-Empty;", "ACCEPT: a",
                                          "Expect:"});
  CHECK(!list.assign({{"X-Good", "1"}, {"HOST", "evil"}}));
  CHECK(list.refused() == "HOST");
  REQUIRE(list.assign({}));
}

TEST_CASE("libcurl's results are told apart as far as matters") {
  CHECK(fault_of(CURLE_OPERATION_TIMEDOUT) == Fault::timeout);
  CHECK(fault_of(CURLE_COULDNT_CONNECT) == Fault::refused);
  for (const CURLcode code : {CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING,
                              CURLE_PARTIAL_FILE, CURLE_SEND_FAIL_REWIND}) {
    CHECK(fault_of(code) == Fault::reset);
  }
  for (const CURLcode code : {CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION}) {
    CHECK(fault_of(code) == Fault::tls);
  }
  // The receiver can cause each of these.
  for (const CURLcode code :
       {CURLE_OK, CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_OUT_OF_MEMORY,
        CURLE_BAD_FUNCTION_ARGUMENT, static_cast<CURLcode>(100)}) {
    CHECK(fault_of(code) == Fault::protocol);
  }
  for (const CURLcode code : {CURLE_URL_MALFORMAT, CURLE_UNKNOWN_OPTION, CURLE_FAILED_INIT,
                              CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE}) {
    CHECK(fault_of(code) == Fault::local);
  }
}

TEST_CASE("a description is bounded, printable, and shows the real address") {
  CHECK(describe(CURLE_COULDNT_CONNECT, "no route to 100::1 (100::1)", "100::1", "192.0.2.1") ==
        "no route to 192.0.2.1 (192.0.2.1)");
  CHECK(describe(CURLE_COULDNT_CONNECT, "", "", "") == curl_easy_strerror(CURLE_COULDNT_CONNECT));
  CHECK(describe(CURLE_OK, "a\r\nb\x80", "", "") == "a??b?");
  CHECK(describe(CURLE_OK, std::string(1000, 'x'), "", "").size() == 256);
}

TEST_CASE("this libcurl is fit, and known for what it is") {
  const Library& known = library();
  const curl_version_info_data* const info = curl_version_info(CURLVERSION_NOW);
  CHECK(known.version == info->version_num);
  INFO(info->ssl_version);
#ifdef HOOKWRIGHT_TEST_GNUTLS
  CHECK(std::string(info->ssl_version).starts_with("GnuTLS/"));
#endif
  const bool is_openssl = std::string(info->ssl_version).starts_with("OpenSSL/3");
  CHECK((!known.openssl_is_ours || is_openssl));
  if (known.version >= 0x075800) CHECK(known.openssl_is_ours == is_openssl);
}
