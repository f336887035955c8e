#include "bench/roles.hpp"

#include <functional>
#include <stdexcept>

namespace bench {

void run_role(const std::string& role, const Arguments& arguments) {
  static const std::map<std::string, std::function<void(const Arguments&)>> roles = {
      {"receiver", receiver},   {"bare", bare_libcurl},   {"blocking", blocking},
      {"sender", sender},       {"publisher", publisher}, {"fill", fill},
      {"restart", restart},     {"claim", claim},         {"commits", commits},
      {"fdatasync", sync_file}, {"flooded", flooded},     {"pages", pages}};
  const auto found = roles.find(role);
  if (found == roles.end()) throw std::runtime_error("no role " + role);
  found->second(arguments);
}

}  // namespace bench
