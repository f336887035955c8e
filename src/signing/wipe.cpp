#include "signing/wipe.hpp"

#include <openssl/crypto.h>

namespace hookwright::signing {

void wipe(void* memory, std::size_t size) noexcept {
  if (size != 0) OPENSSL_cleanse(memory, size);
}

}  // namespace hookwright::signing
