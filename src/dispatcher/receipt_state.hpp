#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "hookwright/receipt.hpp"

namespace hookwright {

class DispatcherCore;

namespace detail {

// How receipts reach their dispatcher; cut when it goes.
struct ReceiptLink {
  std::mutex mutex{};
  DispatcherCore* core = nullptr;
};

// Whoever waits to hear of it. In list nodes, so that handing it on needs no memory.
struct Callback {
  std::function<void(Stored)> done{};
  Stored stored = Stored::pending;
};

// What all copies of a receipt share with the dispatcher.
struct ReceiptState {
  std::shared_ptr<ReceiptLink> link{};
  std::mutex mutex{};
  std::condition_variable known{};
  Stored stored = Stored::pending;
  EventId event{};
  std::string why{};
  std::list<Callback> callbacks{};

  // Settles it, once; returns the callbacks that are now to be called. Without memory `why` stays
  // empty.
  std::list<Callback> settle(Stored outcome, EventId first, std::string_view reason) noexcept;
};

}  // namespace detail
}  // namespace hookwright
