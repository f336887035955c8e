#include <list>
#include <mutex>
#include <utility>

#include "dispatcher/core.hpp"
#include "hookwright/event.hpp"

// Operations on endpoints: handed to the store thread, and waited for.
namespace hookwright {

// Where an answer arrives, on another thread or this one.
template <class Answer>
struct Reply {
  std::mutex mutex{};
  std::optional<Answer> answer{};

  void give(Answer given) {
    const std::lock_guard lock(mutex);
    answer.emplace(std::move(given));
  }
  [[nodiscard]] bool given() {
    const std::lock_guard lock(mutex);
    return answer.has_value();
  }
};

namespace {

// Unguessable, and fit for a URL or a JSON string as it stands.
std::string make_token() {
  const Secret secret = Secret::generate();
  std::string token(secret.reveal().substr(std::string_view("whsec_").size()));
  for (char& c : token) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  token.resize(token.find_last_not_of('=') + 1);
  return token;
}

}  // namespace

bool DispatcherCore::enqueue_op(engine::Queued&& op) {
  std::list<engine::Queued> one;
  one.push_back(std::move(op));
  {
    const std::lock_guard lock(inbox_mutex_);
    if (closed_ || store_stop_) return false;
    store_idle_ = false;
    inbox_.queue.splice(inbox_.queue.end(), one);
  }
  if (has_threads()) {
    inbox_changed_.notify_one();
  } else {
    wake_store();
  }
  return true;
}

// With threads the store thread says when something was answered.
void DispatcherCore::wait_for(const std::function<bool()>& done) {
  if (!has_threads()) {
    work_until(done, longest_span);
    return;
  }
  std::unique_lock lock(answered_mutex_);
  answered_.wait(lock, done);
}

template <class Answer, class Op>
Answer DispatcherCore::carry_out(Op&& op, Answer refused) {
  const auto reply = std::make_shared<Reply<Answer>>();
  op.done = [this, reply](Answer answer) {
    reply->give(std::move(answer));
    const std::lock_guard lock(answered_mutex_);
    answered_.notify_all();
  };
  if (!enqueue_op(std::forward<Op>(op))) return refused;
  wait_for([&reply] { return reply->given(); });
  const std::lock_guard lock(reply->mutex);
  return reply->answer ? std::move(*reply->answer) : std::move(refused);
}

EndpointResult DispatcherCore::carry_out(engine::EndpointOp&& op) {
  return carry_out(std::move(op), EndpointResult{.outcome = EndpointOutcome::shutting_down});
}

Trial DispatcherCore::carry_out(engine::TrialOp&& op) {
  return carry_out(std::move(op), Trial{.outcome = EndpointOutcome::shutting_down});
}

EndpointOutcome DispatcherCore::carry_out(engine::SettingsOp&& op) {
  return carry_out(std::move(op), EndpointOutcome::shutting_down);
}

engine::Revived DispatcherCore::carry_out(engine::RecoverOp&& op) {
  return carry_out(std::move(op), engine::Revived{});
}

engine::TrialOp DispatcherCore::make_handshake(const Endpoint& endpoint) {
  std::string token = make_token();
  EncodedEvent event = encode(DynamicEvent{.type = "webhook.verification",
                                           .data = R"({"challenge_token":")" + token + "\"}"},
                              wall(), {.ids = &ids_});
  return {.tenant = endpoint.tenant,
          .id = endpoint.id,
          .purpose = Purpose::handshake,
          .event = std::make_shared<const StoredEvent>(StoredEvent{.id = event.id,
                                                                   .tenant = endpoint.tenant,
                                                                   .type = std::move(event.type),
                                                                   .at = event.at,
                                                                   .body = std::move(event.body)}),
          .token = std::move(token),
          .url = endpoint.url};
}

}  // namespace hookwright
