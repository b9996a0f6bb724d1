// Runs a fuzz target over a committed corpus, in an ordinary sanitizer build: each input within a
// time limit and 16 MiB of memory.

#include <sanitizer/allocator_interface.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::int64_t kMemoryMax = 16 * 1024 * 1024;
constexpr unsigned kSecondsMax = 10;
std::atomic<std::int64_t> live{0};
std::atomic<std::int64_t> peak{0};

void allocated(const volatile void*, std::size_t size) {
  const std::int64_t now = live += static_cast<std::int64_t>(size);
  if (now > peak) peak = now;
}
void freed(const volatile void* pointer) {
  if (pointer == nullptr) return;
  live -=
      static_cast<std::int64_t>(__sanitizer_get_allocated_size(const_cast<const void*>(pointer)));
}

bool replay(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  live = peak = 0;
  alarm(kSecondsMax);  // a hang ends the process, and the last line printed names the input
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  alarm(0);
  if (peak <= kMemoryMax) return true;
  std::printf("%s took %lld bytes of memory\n", path.c_str(), static_cast<long long>(peak));
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  __sanitizer_install_malloc_and_free_hooks(allocated, freed);
  std::size_t inputs = 0;
  bool good = true;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      std::fprintf(stderr, "%s\n", entry.path().c_str());
      good = replay(entry.path()) && good;
      ++inputs;
    }
  }
  std::printf("%zu inputs\n", inputs);
  return good && inputs != 0 ? 0 : 1;
}
