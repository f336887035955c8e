// hookwright_powerloss: cuts the power of a machine that publishes and delivers on a SQLite store,
// and looks for what was acknowledged. See the README, "Nothing accepted is lost".

#include <unistd.h>

#include <charconv>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>

#include "powerloss/session.hpp"

using namespace hookwright::powerloss;

namespace {

constexpr const char* usage = R"(hookwright_powerloss [options]
  --seeds N      machines (200)
  --first S      the first one's seed (1)
  --break NAME   expects to notice: synchronous_off, syncs_ignored, folder_syncs_ignored;
                 synchronous_normal: that events are lost and the database is whole
)";

struct Request {
  std::uint64_t seeds = 200;
  std::uint64_t first = 1;
  std::string broken{};
};

Request request_from(int count, char** values) {
  Request request;
  for (int i = 1; i < count; i += 2) {
    const std::string name = values[i];
    if (i + 1 == count) throw std::runtime_error(name + " needs a value");
    const char* const value = values[i + 1];
    if (name == "--break") {
      request.broken = value;
      continue;
    }
    if (name != "--seeds" && name != "--first") throw std::runtime_error("what is " + name);
    std::uint64_t& number = name == "--seeds" ? request.seeds : request.first;
    const char* const end = value + std::strlen(value);
    const auto parsed = std::from_chars(value, end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end)
      throw std::runtime_error(name + " " + value + " is no number");
  }
  return request;
}

Setup setup_of(const std::string& broken) {
  Setup setup;
  if (broken == "syncs_ignored") {
    setup.disk.syncs_ignored = true;
  } else if (broken == "folder_syncs_ignored") {
    setup.disk.folder_syncs_ignored = true;
  } else if (broken == "synchronous_off") {
    setup.synchronous = "OFF";
  } else if (broken == "synchronous_normal") {
    setup.synchronous = "NORMAL";
  } else if (!broken.empty()) {
    throw std::runtime_error("there is no --break " + broken);
  }
  return setup;
}

// In memory where there is such a folder: nothing here needs a real disk.
std::string folder() {
  const std::filesystem::path memory = "/dev/shm";
  std::error_code absent;
  const auto base = std::filesystem::is_directory(memory, absent)
                        ? memory
                        : std::filesystem::temp_directory_path();
  return base / ("hookwright-powerloss-" + std::to_string(::getpid()));
}

int run(const Request& request) {
  const Setup setup = setup_of(request.broken);
  Result all;
  std::uint64_t violations = 0;
  std::uint64_t done = 0;
  for (; done < request.seeds; ++done) {
    const std::uint64_t seed = request.first + done;
    const Result one = live(seed, setup, folder());
    all.cuts += one.cuts;
    all.mid_call += one.mid_call;
    all.acknowledged += one.acknowledged;
    all.delivered += one.delivered;
    all.lost += one.lost;
    all.damaged += one.damaged;
    for (const std::string& what : one.violations) {
      if (++violations <= 10) std::cout << "seed " << seed << ": " << what << '\n';
    }
  }
  std::cout << "seeds=" << done << " cuts=" << all.cuts << " mid_call=" << all.mid_call
            << " acknowledged=" << all.acknowledged << " delivered=" << all.delivered
            << " lost=" << all.lost << " damaged=" << all.damaged << " violations=" << violations
            << std::endl;
  if (request.broken.empty()) return violations == 0 ? 0 : 1;
  if (request.broken == "synchronous_normal") return all.lost != 0 && all.damaged == 0 ? 0 : 1;
  return all.lost + all.damaged != 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** values) {
  try {
    return run(request_from(count, values));
  } catch (const std::exception& error) {
    std::cerr << "hookwright_powerloss: " << error.what() << "\n\n" << usage;
    return 2;
  }
}
