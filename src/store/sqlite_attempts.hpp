#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "hookwright/delivery.hpp"
#include "store/sqlite_connection.hpp"
#include "store/sqlite_tables.hpp"

namespace hookwright::stores {

// Attempts lie in the order of their rows, whatever their endpoint. Those of one endpoint are a
// chain from the newest to the oldest: each knows how many rows before it the next older one is.
// An index by endpoint would have each commit rewrite a page per endpoint; measured with a thousand
// of them and a hundred attempts a commit, the whole cycle cost 22 us of CPU a delivery instead of
// 9.
//
// Where the chains start is remembered here, and written into last_attempt once in a while. In
// between, the heads of chains that have grown are among the rows behind meta.attempts_linked, the
// tail.
//
// Whenever the heads are written, the tail becomes a span: attempt_span has its last row, and when
// the earliest and the latest of its attempts started. A span begins behind the one before. So a
// question for a time need not walk through what came after it, nor through what came before.
class AttemptWriter {
 public:
  AttemptWriter(const Connection& connection, MetaTable& meta, NameTables& names)
      : connection_(connection), meta_(meta), names_(names) {}

  // One that exists already is left as it is.
  void put(const Attempt& attempt, std::int64_t endpoint);

  // Drops up to `max` attempts of an endpoint, the newest first. Returns how many.
  std::size_t drop_some_of(std::int64_t endpoint, std::size_t max);
  // After the last of them.
  void drop_head_of(std::int64_t endpoint);

  // The last thing before a COMMIT.
  void flush();
  void forget();

 private:
  struct Head {
    std::uint64_t row = 0;  // 0: the chain is empty
    bool written = true;
  };
  struct Link {
    std::uint64_t row = 0;    // 0: there is no such attempt of this endpoint
    std::uint64_t older = 0;  // 0: it is the oldest
  };

  void load();
  Head& head_of(std::int64_t endpoint);
  [[nodiscard]] Link link_at(std::uint64_t row, std::int64_t endpoint);
  void set_head(Head& head, std::int64_t endpoint, std::uint64_t row);
  void insert(const Attempt& attempt, std::int64_t endpoint, std::uint64_t older);
  void note_start(std::uint64_t row, TimePoint at);
  void insert_late(const Attempt& attempt, std::int64_t endpoint, Head& head);

  const Connection& connection_;
  MetaTable& meta_;
  NameTables& names_;
  bool loaded_ = false;
  std::uint64_t linked_ = 0;   // as in meta: the tail is what lies behind
  std::uint64_t highest_ = 0;  // row in the tail
  std::size_t in_tail_ = 0;
  TimePoint earliest_{};  // start in the tail
  TimePoint latest_{};
  std::unordered_map<std::int64_t, Head> heads_{};
  Statement put_{connection_,
                 "INSERT INTO attempt VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
                 " ?13, ?14, ?15)"};
  Statement link_{connection_, "SELECT endpoint, older_by FROM attempt WHERE row = ?1"};
  Statement relink_{connection_, "UPDATE attempt SET older_by = ?2 WHERE row = ?1"};
  Statement drop_{connection_, "DELETE FROM attempt WHERE row = ?1"};
  Statement tail_{connection_, "SELECT row, endpoint, at FROM attempt WHERE row > ?1 ORDER BY row"};
  Statement head_{connection_, "SELECT row FROM last_attempt WHERE endpoint = ?1"};
  Statement put_head_{connection_,
                      "INSERT INTO last_attempt VALUES(?1, ?2)"
                      " ON CONFLICT(endpoint) DO UPDATE SET row = ?2"};
  Statement drop_head_{connection_, "DELETE FROM last_attempt WHERE endpoint = ?1"};
  Statement put_span_{connection_, "INSERT INTO attempt_span VALUES(?1, ?2, ?3)"};
  Statement widen_span_{connection_,
                        "UPDATE attempt_span SET earliest = min(earliest, ?2),"
                        " latest = max(latest, ?2) WHERE last ="
                        " (SELECT last FROM attempt_span WHERE last >= ?1 ORDER BY last LIMIT 1)"};
  Statement drop_spans_{connection_,
                        "DELETE FROM attempt_span WHERE last < (SELECT min(row) FROM attempt)"};
};

}  // namespace hookwright::stores
