#include "transport/system_resolver.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "hookwright/error.hpp"
#include "transport/resolver_pool.hpp"

namespace hookwright::transport {
namespace {

using namespace std::chrono_literals;

class PoolResolver final : public Resolver {
 public:
  PoolResolver(const ResolverOptions& options, std::function<Lookup(const std::string&)> look_up)
      : pool_(std::make_shared<ResolverPool>(options, std::move(look_up))) {}
  ~PoolResolver() override { pool_->stop(); }
  PoolResolver(const PoolResolver&) = delete;
  PoolResolver& operator=(const PoolResolver&) = delete;

  void resolve(std::string host, SteadyTime deadline, Done done) override {
    pool_->resolve(pool_, host, deadline, std::move(done));
  }

 private:
  std::shared_ptr<ResolverPool> pool_;
};

void check_size(std::size_t value, std::size_t max, std::string_view field) {
  if (value >= 1 && value <= max) return;
  throw ConfigError(field, "must be between 1 and " + std::to_string(max), std::to_string(value));
}

void check_duration(Duration value, Duration min, std::string_view field) {
  if (value >= min && value <= 1h) return;
  throw ConfigError(field, "must be between " + std::to_string(min.count()) + " ms and an hour",
                    std::to_string(value.count()) + " ms");
}

}  // namespace

std::shared_ptr<Resolver> make_pool_resolver(const ResolverOptions& options,
                                             std::function<Lookup(const std::string&)> look_up) {
  check_size(options.threads, 256, "resolver.threads");
  check_size(options.queue_max, 1'000'000, "resolver.queue_max");
  check_size(options.cache_max, 10'000'000, "resolver.cache_max");
  check_duration(options.lookup_max, 1ms, "resolver.lookup_max");
  check_duration(options.positive_ttl, 0ms, "resolver.positive_ttl");
  check_duration(options.negative_ttl, 0ms, "resolver.negative_ttl");
  check_duration(options.stale_max, 0ms, "resolver.stale_max");
  return std::make_shared<PoolResolver>(options, std::move(look_up));
}

}  // namespace hookwright::transport

namespace hookwright {

std::shared_ptr<Resolver> make_system_resolver(const ResolverOptions& options) {
  return transport::make_pool_resolver(options, transport::look_up);
}

}  // namespace hookwright
