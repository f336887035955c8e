#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace hookwright::diskfull {

// A file system of a few megabytes, in memory, that only this process sees. It goes with the
// process. Must be made before there is a second thread.
class SmallDisk {
 public:
  // `problem` says why there is none: that takes root, or a kernel that lets users have their own.
  explicit SmallDisk(std::uint64_t bytes);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  // Takes all space but so much; gives it back.
  void leave(std::uint64_t bytes) const;
  void free() const;

 private:
  std::filesystem::path path_;
  std::string problem_;
};

}  // namespace hookwright::diskfull
