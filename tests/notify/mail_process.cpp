#include "notify/mail_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <array>
#include <cstdint>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace notify_test {
namespace {

std::string from_base64(const std::string& text) {
  std::vector<unsigned char> bytes(text.size() / 4 * 3 + 1);
  const int size =
      EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  std::size_t padding = 0;
  while (padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  if (size < 0) throw std::runtime_error("the mail server's line is damaged");
  return {bytes.begin(), bytes.begin() + size - static_cast<std::ptrdiff_t>(padding)};
}

// name=value pairs behind the first word.
std::map<std::string, std::string> pairs(const std::string& line) {
  std::map<std::string, std::string> result;
  std::istringstream words(line);
  std::string word;
  words >> word;
  while (words >> word) result[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
  return result;
}

}  // namespace

MailProcess::MailProcess() {
  std::array<int, 2> input{};
  std::array<int, 2> output{};
  if (pipe2(input.data(), O_CLOEXEC) != 0 || pipe2(output.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("no pipe");
  }
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  std::vector<std::string> words = {HOOKWRIGHT_TEST_PYTHON,    HOOKWRIGHT_TEST_MAIL_SERVER,
                                    right_certificate_.path(), right_key_.path(),
                                    wrong_certificate_.path(), wrong_key_.path()};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int failed =
      posix_spawn(&pid_, words.front().c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(input[0]);
  close(output[1]);
  to_ = input[1];
  from_ = output[0];
  if (failed != 0) throw std::runtime_error("the mail server can't be started");
  const std::optional<std::string> first = line(std::chrono::seconds(60));
  if (!first || !first->starts_with("ports ")) throw std::runtime_error("no mail server");
  for (const auto& [way, port] : pairs(*first)) {
    ports_[way] = static_cast<std::uint16_t>(std::stoul(port));
  }
}

MailProcess::~MailProcess() {
  close(to_);  // it ends when its input does
  close(from_);
  if (pid_ > 0) waitpid(pid_, nullptr, 0);
}

std::optional<std::string> MailProcess::line(std::chrono::milliseconds at_most) {
  const auto end = std::chrono::steady_clock::now() + at_most;
  std::size_t stop = 0;
  while ((stop = read_.find('\n')) == std::string::npos) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd waiting{.fd = from_, .events = POLLIN, .revents = 0};
    if (left.count() < 0 || poll(&waiting, 1, static_cast<int>(left.count())) <= 0) return {};
    std::array<char, 4'096> bytes{};
    const ssize_t size = read(from_, bytes.data(), bytes.size());
    if (size <= 0) return {};
    read_.append(bytes.data(), static_cast<std::size_t>(size));
  }
  std::string result = read_.substr(0, stop);
  read_.erase(0, stop + 1);
  return result;
}

std::optional<MailProcess::Fields> MailProcess::next(std::chrono::milliseconds at_most) {
  const std::optional<std::string> mail = line(at_most);
  if (!mail) return std::nullopt;
  Fields fields = pairs(*mail);
  for (auto& [name, value] : fields) value = from_base64(value);
  return fields;
}

}  // namespace notify_test
