#pragma once

#include <memory>
#include <string>

#include "crash/fuse.hpp"
#include "hookwright/store.hpp"

namespace hookwright::crash {

// A kind of store that processes are killed on. To try another one, write one of these and name it
// in make_store_under_fire().
class StoreUnderFire {
 public:
  virtual ~StoreUnderFire() = default;

  // In the child: the store, which passes the points that lie inside its calls. `doing` says what
  // the call in progress is about.
  virtual std::unique_ptr<Store> open(Fuse& fuse, const Doing& doing) = 0;

  // In the parent, while no child lives: what a crash left, without touching it, and what is wrong
  // with its structure; nothing if it is whole. No store at all if there was nothing yet.
  virtual std::unique_ptr<Store> look(std::string& damage) = 0;

  // Bytes on the disk, for the record.
  [[nodiscard]] virtual std::uint64_t size() const = 0;
};

// `folder` exists; what is in it stays from process to process. Null for an unknown name.
[[nodiscard]] std::unique_ptr<StoreUnderFire> make_store_under_fire(const std::string& name,
                                                                    const std::string& folder);

}  // namespace hookwright::crash
