// Plays transcripts: `conformance [--all-fail] FILE...`. Exit code 1 when a scene does not end as
// it should (well, or badly with --all-fail, which tests this program), 2 when the files hold none
// or one is not a transcript.

#include <cstdio>
#include <cstring>
#include <exception>

#include "transcript.h"

namespace {

struct Count {
  int played = 0;
  int surprises = 0;
};

void play_file(const char* path, bool should_fail, Count& count) {
  for (const auto& scene : cb::conformance::read_transcript(path)) {
    const std::string problem = cb::conformance::play(scene);
    const bool surprise = problem.empty() == should_fail;
    std::printf("%s %s\n", surprise ? "FAIL" : "ok  ", scene.claim.c_str());
    if (!problem.empty()) std::printf("     %s: %s\n", path, problem.c_str());
    count.surprises += surprise ? 1 : 0;
    ++count.played;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bool all_fail = argc > 1 && std::strcmp(argv[1], "--all-fail") == 0;
  Count count;
  try {
    for (int i = all_fail ? 2 : 1; i < argc; ++i) play_file(argv[i], all_fail, count);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 2;
  }
  std::printf("%d scenes, %d not as they should be\n", count.played, count.surprises);
  return count.played == 0 ? 2 : count.surprises == 0 ? 0 : 1;
}
