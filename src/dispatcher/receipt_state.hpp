#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "hookwright/receipt.hpp"

namespace hookwright {

class DispatcherCore;

namespace detail {

// How receipts reach their dispatcher; cut when it goes.
struct ReceiptLink {
  std::mutex mutex{};
  DispatcherCore* core = nullptr;
};

// What all copies of a receipt share with the dispatcher.
struct ReceiptState {
  std::shared_ptr<ReceiptLink> link{};
  std::mutex mutex{};
  std::condition_variable known{};
  Stored stored = Stored::pending;
  EventId event{};
  std::string why{};
  std::vector<std::function<void(Stored)>> callbacks{};

  // Settles it, once; returns the callbacks that are now to be called.
  std::vector<std::function<void(Stored)>> settle(Stored outcome, EventId first,
                                                  std::string_view reason);
};

}  // namespace detail
}  // namespace hookwright
