// Has one of everything that hardening changes: an array on the stack, a copy whose length is known
// only when it runs, and an index into a vector.
#include <cstdio>
#include <cstring>
#include <vector>

int main(int argc, char** argv) {
  char copy[64];
  std::strcpy(copy, argv[argc - 1]);
  const std::vector<char> letters(copy, copy + std::strlen(copy));
  std::printf("%c\n", letters[static_cast<std::size_t>(argc)]);
}
