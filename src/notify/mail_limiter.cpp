#include "notify/mail_limiter.hpp"

#include <algorithm>

namespace hookwright::notify {

namespace {
constexpr std::size_t lines_max = 50;
}

MailLimiter::Box& MailLimiter::box(const std::string& mailbox, SteadyTime now) {
  Box& box = boxes_[mailbox];
  // A window with a digest ends when that is sent.
  if (box.ends <= now && box.digest.notices == 0) {
    box.ends = now + window_;
    box.mails = 0;
  }
  return box;
}

// Before a mailbox that is not known: the one whose window ends first goes, one without a digest if
// there is any.
std::optional<Digest> MailLimiter::make_room(SteadyTime now) {
  if (boxes_.size() < mailboxes_max_) return std::nullopt;
  std::erase_if(boxes_, [now](const auto& entry) {
    return entry.second.ends <= now && entry.second.digest.notices == 0;
  });
  if (boxes_.size() < mailboxes_max_) return std::nullopt;
  const auto first =
      std::min_element(boxes_.begin(), boxes_.end(), [](const auto& a, const auto& b) {
        const bool a_tells = a.second.digest.notices != 0;
        const bool b_tells = b.second.digest.notices != 0;
        return a_tells != b_tells ? b_tells : a.second.ends < b.second.ends;
      });
  Digest lost = std::move(first->second.digest);
  lost.mailbox = first->first;
  boxes_.erase(first);
  if (lost.notices == 0) return std::nullopt;
  return lost;
}

bool MailLimiter::may_send(const std::string& mailbox, SteadyTime now) {
  const auto found = boxes_.find(mailbox);
  if (found == boxes_.end()) return true;
  const Box& box = found->second;
  if (box.digest.notices != 0) return false;
  return box.ends <= now || box.mails < mails_max_;
}

void MailLimiter::sent(const std::string& mailbox, SteadyTime now) {
  // Where there is no room for one without a digest it is not remembered: a mail more, at worst.
  if (!boxes_.contains(mailbox) && boxes_.size() >= mailboxes_max_) {
    std::erase_if(boxes_, [now](const auto& entry) {
      return entry.second.ends <= now && entry.second.digest.notices == 0;
    });
    if (boxes_.size() >= mailboxes_max_) return;
  }
  ++box(mailbox, now).mails;
}

std::optional<Digest> MailLimiter::suppress(const std::string& mailbox, const Notice& notice,
                                            SteadyTime now) {
  std::optional<Digest> lost;
  if (!boxes_.contains(mailbox)) lost = make_room(now);
  Digest& digest = box(mailbox, now).digest;
  if (digest.notices++ == 0) digest.first = notice.at;
  const std::pair key(notice.endpoint, notice.kind);
  const auto line = digest.lines.find(key);
  if (line != digest.lines.end()) {
    ++line->second.times;
    line->second.last = notice.at;
  } else if (digest.lines.size() < lines_max) {
    digest.lines.emplace(key, Digest::Line{.times = 1, .last = notice.at});
  }
  return lost;
}

std::vector<Digest> MailLimiter::due(SteadyTime now, std::size_t max) {
  std::vector<Digest> digests;
  digests.reserve(max);
  for (auto& [mailbox, box] : boxes_) {
    if (digests.size() == max) break;
    if (box.ends > now || box.digest.notices == 0) continue;
    box.digest.mailbox = mailbox;
    digests.push_back(std::exchange(box.digest, {}));
    box.ends = now + window_;
    box.mails = 1;
  }
  return digests;
}

void MailLimiter::give_back(Digest&& digest, SteadyTime now, Duration later) {
  const auto found = boxes_.find(digest.mailbox);
  if (found == boxes_.end()) return;
  Box& box = found->second;
  for (auto& [key, line] : box.digest.lines) {
    Digest::Line& kept = digest.lines[key];
    kept.times += line.times;
    kept.last = line.last;
  }
  digest.notices += box.digest.notices;
  box.digest = std::move(digest);
  box.ends = now + later;
}

std::optional<SteadyTime> MailLimiter::next_due() const {
  std::optional<SteadyTime> next;
  for (const auto& [mailbox, box] : boxes_) {
    if (box.digest.notices != 0 && (!next || box.ends < *next)) next = box.ends;
  }
  return next;
}

}  // namespace hookwright::notify
