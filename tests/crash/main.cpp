// hookwright_crash: publishes and delivers in a process that is killed, again and again, and
// compares what was accepted with what the receiver saw. See the README, "Nothing accepted is
// lost".

#include <signal.h>
#include <sys/resource.h>

#include <charconv>
#include <cstring>
#include <iostream>
#include <map>
#include <stdexcept>

#include "crash/campaign.hpp"
#include "crash/child.hpp"

using namespace hookwright::crash;

namespace {

constexpr const char* usage = R"(hookwright_crash [options]
  --cycles N         crashes and restarts (19: each point once)
  --seed S           of everything that is random but for the scheduling of threads (1)
  --point NAME       only this point: P1 to P18, or random; default: all in turn
  --store NAME       the kind of store: sqlite
  --in-flight N      requests under way at once, at most (1000)
  --unsettled N      Limits::unsettled_max; 0: another one in each cycle (0)
  --break NAME       makes the child do this wrong, and expects that it is noticed
  --restart-with N   instead of cycles: how long after a restart with N rows waiting the first
                     request comes; fails above two seconds
  --folder PATH      where the stores lie (a folder of its own in the temporary one)
)";

// "--name value" pairs.
class Arguments {
 public:
  Arguments(int count, char** values) {
    for (int i = 1; i < count; i += 2) {
      if (std::strncmp(values[i], "--", 2) != 0 || i + 1 == count)
        throw std::runtime_error(std::string("what is ") + values[i]);
      given_[values[i] + 2] = values[i + 1];
    }
  }

  std::string text(const std::string& name, const std::string& otherwise) {
    const auto found = given_.find(name);
    if (found == given_.end()) return otherwise;
    std::string value = found->second;
    given_.erase(found);
    return value;
  }

  template <class Number>
  Number number(const std::string& name, Number otherwise) {
    const std::string value = text(name, "");
    if (value.empty()) return otherwise;
    Number number{};
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size())
      throw std::runtime_error("--" + name + " " + value + " is no number");
    return number;
  }

  // Everything has been asked for.
  void finish() const {
    if (!given_.empty()) throw std::runtime_error("what is --" + given_.begin()->first);
  }

 private:
  std::map<std::string, std::string> given_;
};

Point point_of(const std::string& name) {
  const auto point = point_named(name);
  if (!point) throw std::runtime_error("there is no point " + name);
  return *point;
}

Mutation mutation_of(const std::string& name) {
  const auto mutation = mutation_named(name);
  if (!mutation) throw std::runtime_error("there is no mutation " + name);
  return *mutation;
}

Orders orders_from(Arguments& given) {
  Orders orders;
  orders.role = static_cast<Role>(given.number("role", 0));
  orders.store = given.text("store", orders.store);
  orders.folder = given.text("folder", "");
  orders.port = given.number("port", 0);
  orders.process = given.number("process", 0);
  orders.seed = given.number("seed", orders.seed);
  orders.point = point_of(given.text("point", "random"));
  orders.nth = given.number("nth", orders.nth);
  orders.mutation = mutation_of(given.text("break", "none"));
  orders.in_flight = given.number("in-flight", orders.in_flight);
  orders.unsettled = given.number("unsettled", orders.unsettled);
  orders.events = given.number("events", orders.events);
  return orders;
}

int run(Arguments& given) {
  if (!given.text("child", "").empty()) {
    const Orders orders = orders_from(given);
    given.finish();
    return run_child(orders);
  }
  CampaignOptions options;
  options.cycles = given.number("cycles", options.cycles);
  options.seed = given.number("seed", options.seed);
  const std::string point = given.text("point", "");
  if (!point.empty()) options.only = point_of(point);
  options.store = given.text("store", options.store);
  options.in_flight = given.number("in-flight", options.in_flight);
  options.unsettled = given.number("unsettled", options.unsettled);
  options.mutation = mutation_of(given.text("break", "none"));
  options.folder = given.text("folder", "");
  const auto waiting = given.number("restart-with", std::int64_t{0});
  given.finish();
  return waiting != 0 ? time_restart(options, waiting) : run_campaign(options);
}

}  // namespace

int main(int count, char** values) {
  ::signal(SIGPIPE, SIG_IGN);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  try {
    Arguments given(count, values);
    return run(given);
  } catch (const std::exception& error) {
    std::cerr << "hookwright_crash: " << error.what() << "\n\n" << usage;
    return 2;
  }
}
