#pragma once

#include <atomic>
#include <memory>
#include <unordered_map>
#include <vector>

#include "crash/fuse.hpp"
#include "crash/mutation.hpp"
#include "hookwright/transport.hpp"

namespace hookwright::crash {

// The real transport, with the points before a request and behind its answer.
class ArmedTransport final : public Transport {
 public:
  ArmedTransport(std::unique_ptr<Transport> transport, Fuse& fuse, Mutation mutation,
                 const std::atomic<bool>& draining)
      : transport_(std::move(transport)), fuse_(fuse), mutation_(mutation), draining_(draining) {}

  void start(RequestId id, Request&& request) override {
    fuse_.pass(Point::before_send);
    if (draining_) fuse_.pass(Point::drain);
    const bool chosen = ++started_ % 50 == 0;
    if (chosen && mutation_ == Mutation::settled_before_sent) {
      pretended_.push_back({.id = id, .status = 200, .sends = 0});
      transport_->wake();
      return;
    }
    if (chosen && mutation_ == Mutation::body_changed) {
      std::string body = *request.body;
      body[body.size() / 2] = static_cast<char>(body[body.size() / 2] ^ 1);
      request.body = std::make_shared<const std::string>(std::move(body));
    }
    if (chosen && mutation_ == Mutation::sent_twice) {
      Request again = request;
      transport_->start(id + second, std::move(again));
    }
    transport_->start(id, std::move(request));
  }

  void poll(SteadyTime until, std::vector<Completion>& out) override {
    transport_->poll(until, out);
    std::erase_if(out, [](const Completion& completion) { return completion.id > second; });
    for (Completion& completion : pretended_) out.push_back(std::move(completion));
    pretended_.clear();
    for (const Completion& completion : out) {
      const bool accepted = completion.fault == Fault::none && completion.status / 100 == 2;
      if (accepted) fuse_.pass(Point::answered);
      if (draining_) fuse_.pass(Point::drain);
    }
  }

  void cancel(RequestId id) override { transport_->cancel(id); }
  void wake() override { transport_->wake(); }

 private:
  static constexpr RequestId second = RequestId{1} << 40U;

  std::unique_ptr<Transport> transport_;
  Fuse& fuse_;
  Mutation mutation_;
  const std::atomic<bool>& draining_;
  std::uint64_t started_ = 0;
  std::vector<Completion> pretended_{};
};

}  // namespace hookwright::crash
