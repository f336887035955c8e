#pragma once

// The operating system's sockets, under the names that POSIX and Windows share.

#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#endif

#include <curl/curl.h>

#include <cstddef>
#include <optional>
#include <string_view>

#include "hookwright/address.hpp"

namespace hookwright::transport {

// A TCP socket that doesn't block and isn't inherited, or CURL_SOCKET_BAD with `error` set.
curl_socket_t open_tcp_socket(int family, int& error);

void close_socket(curl_socket_t socket);

// What is written goes out at once, and never raises SIGPIPE.
void tune(curl_socket_t socket);

// Begins to connect. 0 if it is done already; else the system's error, which may say that it is
// under way: then the socket becomes writable, and connect_result() tells how it ended.
int connect_socket(curl_socket_t socket, const IpAddress& address, unsigned short port);
bool is_under_way(int error);
int connect_result(curl_socket_t socket);

// How far one call got. No bytes and no error, of a receive: the peer has closed.
struct Moved {
  std::size_t bytes = 0;
  int error = 0;
};
Moved send_bytes(curl_socket_t socket, std::string_view bytes);
Moved receive_bytes(curl_socket_t socket, char* to, std::size_t size);
// Like receive_bytes() of one byte, which stays there.
Moved peek_byte(curl_socket_t socket);
// The error says that there is nothing to be done now.
bool would_block(int error);

// Whether an error of the operating system, from a socket or a connect, is a shortage on our side
// (descriptors, memory, ports) rather than the receiver's refusal. With IPv6, "address not
// available" says that this host has none.
bool is_shortage(int error, bool v6);

// Whether an error of a connect says that the peer took the connection and broke it at once, before
// we had a look: it did listen.
bool is_reset(int error);

// How many descriptors this process may have open.
std::size_t descriptor_limit();

// Makes room for so many more at once, where the system has a table that grows: Linux stops a
// thread for ten milliseconds and more whenever its process' table has to double. No promise.
void reserve_descriptors(std::size_t count);

// `to` must have room for a sockaddr_storage. Returns the length.
unsigned write_sockaddr(const IpAddress& address, unsigned short port, sockaddr* to);

struct Endpoint {
  IpAddress address{};
  unsigned short port = 0;
};

// Nothing for any other family, for an address that only means something on one link (a scope), or
// where `size` is too small.
std::optional<Endpoint> read_sockaddr(const sockaddr* from, std::size_t size);

}  // namespace hookwright::transport
