#pragma once
// Transcripts: what a client sends, what the broker is asked, what the client reads, in virtual
// time. The language stands in README.md beside this file.

#include <string>
#include <vector>

namespace cb::conformance {

struct Step {
  int line = 0;      // in the file
  std::string verb;  // "client", "asked", "core", "server", "wait", "set"
  std::string rest;  // what follows it, without blanks around
};
struct Scene {
  std::string claim;
  std::vector<Step> steps;
};

// Throws std::runtime_error with file and line where the text is not a transcript.
std::vector<Scene> read_transcript(const std::string& path);

// The bytes of a quoted text: "a\r\n\x00". Throws std::runtime_error.
std::string unquote(const std::string& text);
std::string quote(const std::string& bytes);

// Empty when the session did all that the scene says; otherwise the line and what differed.
std::string play(const Scene& scene);

}  // namespace cb::conformance
