#pragma once

#include <cstdint>
#include <string>

#include "crash/fuse.hpp"
#include "crash/mutation.hpp"

namespace hookwright::crash {

enum class Role : std::uint8_t {
  storm,  // publishes until it is killed
  close,  // publishes for a while and ends in order, or is killed while it does
  drain,  // publishes nothing new, delivers all that waits, and ends in order
  fill,   // publishes `events` to receivers that never answer, and is killed
};

// What a child is told, on its command line.
struct Orders {
  Role role = Role::storm;
  std::string store = "sqlite";
  std::string folder{};
  int port = 0;
  int process = 0;  // counted from 1
  std::uint64_t seed = 1;
  Point point = Point::random;
  std::uint64_t nth = 1;
  Mutation mutation = Mutation::none;
  std::size_t in_flight = 1'000;
  std::size_t unsettled = 1'024;
  std::int64_t events = 0;
};

// Does as it is told, with a dispatcher on real threads, real sockets and a real store. What has
// become known goes to the journal at once, a line each, by single appending writes: what is in it
// at a kill was said before. Returns the exit code: 0 after an orderly end.
int run_child(const Orders& orders);

// Files in the folder, beside the store's.
[[nodiscard]] std::string journal_of(const Orders& orders);
[[nodiscard]] std::string again_of(const Orders& orders);

}  // namespace hookwright::crash
