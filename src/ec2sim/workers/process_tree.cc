#include "ec2sim/workers/process_tree.h"

#include <signal.h>
#include <sys/prctl.h>

#include <csignal>
#include <fstream>
#include <vector>

#include "base/text.h"

namespace cb::ec2sim {
namespace {

// A process that starts others faster than they can be ended is left to the process group.
constexpr int kRounds = 100;

// As in proc(5): 'R' running, 'T' stopped, 'Z' a zombie; also when it is gone.
char state_of(pid_t pid) {
  std::ifstream stat(str("/proc/", pid, "/stat"));
  std::string text;
  std::getline(stat, text);
  const std::size_t behind_name = text.rfind(") ");
  return behind_name == std::string::npos ? 'Z' : text[behind_name + 2];
}

// Workers and tclsh fork on their first thread only.
std::vector<pid_t> children_of(pid_t parent) {
  std::ifstream file(str("/proc/", parent, "/task/", parent, "/children"));
  std::vector<pid_t> children;
  for (pid_t child = 0; file >> child;) children.push_back(child);
  return children;
}

std::vector<pid_t> living_descendants(pid_t root) {
  std::vector<pid_t> found = children_of(root);
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (const pid_t child : children_of(found[i])) found.push_back(child);
  }
  std::erase_if(found, [](pid_t pid) { return state_of(pid) == 'Z'; });
  return found;
}

}  // namespace

void adopt_orphans() {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  std::signal(SIGCHLD, SIG_IGN);
}

void kill_descendants(pid_t root) {
  for (int round = 0; round < kRounds; ++round) {
    const std::vector<pid_t> found = living_descendants(root);
    if (found.empty()) return;
    for (const pid_t pid : found) kill(pid, SIGKILL);
  }
}

void stop_descendants(pid_t root) {
  for (int round = 0; round < kRounds; ++round) {
    std::vector<pid_t> running = living_descendants(root);
    std::erase_if(running, [](pid_t pid) { return state_of(pid) == 'T'; });
    if (running.empty()) return;
    for (const pid_t pid : running) kill(pid, SIGSTOP);
  }
}

void continue_descendants(pid_t root) {
  for (const pid_t pid : living_descendants(root)) kill(pid, SIGCONT);
}

}  // namespace cb::ec2sim
