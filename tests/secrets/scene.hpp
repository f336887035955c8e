#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace secrets_test {

// What is done wrong on purpose, to see that it would be noticed. All but the first are mistakes
// that a host can make in parts of its own; the library has none of them.
enum class Leak : std::uint8_t {
  none,
  stored_in_the_clear,   // Sealing::none()
  printed,               // by a signer
  sent,                  // by a signer, in a header, and said again by a receiver
  told_to_the_operator,  // by a transport, in the detail of an attempt
  thrown,                // by a signer, with the secret in the exception
};

// All texts that a process with hookwright in it has produced, by the way they took.
using Written = std::map<std::string, std::string>;

// Endpoints with every kind of receiver, good and bad, under secrets that are planted; all that can
// be asked of a dispatcher is asked, all mistakes that can be made in a call are made.
Written play(Leak leak);

// The secrets as they may be looked for: whole, and without the prefix that says what they are.
std::vector<std::string> planted();

}  // namespace secrets_test
