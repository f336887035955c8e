// What is written by hand where nothing better is at hand: a pool of threads, each with a blocking
// easy handle. Signed, not durable.
//
// Arguments: url, threads, warm, seconds. Answers rate and cpu_us.
#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <atomic>
#include <thread>

#include "bench/roles.hpp"

namespace bench {
namespace {

std::size_t drop(char*, std::size_t size, std::size_t count, void*) {
  return size * count;
}

void send_until(const std::atomic<bool>& stop, const std::string& url,
                std::atomic<std::size_t>& done) {
  CURL* const handle = curl_easy_init();
  const std::string body(300, 'x');
  const std::string key = "a secret of some length";
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, drop);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, 15'000L);
  while (!stop) {
    std::array<unsigned char, 32> mac{};
    unsigned size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(body.data()), body.size(), mac.data(), &size);
    std::string signature = "X-Bench-Signature: sha256=";
    for (const unsigned char byte : mac) {
      signature += "0123456789abcdef"[byte >> 4U];
      signature += "0123456789abcdef"[byte & 15U];
    }
    curl_slist* headers = nullptr;
    for (const char* line :
         {"Content-Type: application/json", "User-Agent: pool/0.1", "X-Bench-Event: bench.sent",
          "X-Bench-Delivery: del_0352RoLkmIgoSS2ENNeb3t", signature.c_str(),
          "Expect:", "Accept:"}) {
      headers = curl_slist_append(headers, line);
    }
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    if (curl_easy_perform(handle) == CURLE_OK) ++done;
    curl_slist_free_all(headers);
  }
  curl_easy_cleanup(handle);
}

void wait(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

}  // namespace

void blocking(const Arguments& arguments) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::string url = text(arguments, "url");
  std::atomic<bool> stop{false};
  std::atomic<std::size_t> done{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < static_cast<int>(number(arguments, "threads", 64)); ++i) {
    threads.emplace_back([&] { send_until(stop, url, done); });
  }
  wait(number(arguments, "warm", 0.2));
  const std::size_t before = done;
  const double cpu = cpu_seconds();
  const double start = now_seconds();
  wait(number(arguments, "seconds", 1));
  const auto count = static_cast<double>(done - before);
  const double cpu_spent = cpu_seconds() - cpu;
  const double elapsed = now_seconds() - start;
  stop = true;
  for (std::thread& thread : threads) thread.join();
  print({{"rate", count / elapsed}, {"cpu_us", cpu_spent / count * 1e6}});
}

}  // namespace bench
