#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "hookwright/observer.hpp"
#include "hookwright/time.hpp"

namespace hookwright::notify {

// What a mailbox was spared in one window.
struct Digest {
  struct Line {
    std::size_t times = 0;
    TimePoint last{};
  };
  std::string mailbox{};
  std::size_t notices = 0;
  TimePoint first{};
  std::map<std::pair<EndpointId, NoticeKind>, Line> lines{};  // the first few; the rest is counted
};

// How many mails a mailbox gets. Pure: the time is passed in, and never goes back.
class MailLimiter {
 public:
  MailLimiter(std::size_t mails_max, Duration window, std::size_t mailboxes_max)
      : mails_max_(mails_max), window_(window), mailboxes_max_(mailboxes_max) {}

  // Whether a mail to this mailbox may be sent now.
  [[nodiscard]] bool may_send(const std::string& mailbox, SteadyTime now);
  void sent(const std::string& mailbox, SteadyTime now);

  // Counts a notice that was not mailed. What is returned had to be forgotten for it.
  [[nodiscard]] std::optional<Digest> suppress(const std::string& mailbox, const Notice& notice,
                                               SteadyTime now);

  // The digests whose windows have ended, at most `max`; they are the caller's now, and each begins
  // a new window in which it counts as a mail.
  [[nodiscard]] std::vector<Digest> due(SteadyTime now, std::size_t max);

  // One that could not be sent: due again after `later`, together with what comes meanwhile.
  void give_back(Digest&& digest, SteadyTime now, Duration later);

  // When the next digest is due.
  [[nodiscard]] std::optional<SteadyTime> next_due() const;
  [[nodiscard]] std::size_t mailboxes() const { return boxes_.size(); }

 private:
  struct Box {
    SteadyTime ends{};  // of its window
    std::size_t mails = 0;
    Digest digest{};
  };
  Box& box(const std::string& mailbox, SteadyTime now);
  std::optional<Digest> make_room(SteadyTime now);

  std::size_t mails_max_;
  Duration window_;
  std::size_t mailboxes_max_;
  std::unordered_map<std::string, Box> boxes_;
};

}  // namespace hookwright::notify
