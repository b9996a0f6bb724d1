#pragma once
// Ends or stops what a process started, and what that started.

#include <sys/types.h>

namespace cb::ec2sim {

// From now on, a descendant whose parent ends becomes this process's child, so that it is found by
// kill_descendants() however it was started; and ended children leave nothing to wait for.
void adopt_orphans();

// SIGKILL to every descendant of `root` (not to itself), again until none is found: also to those
// with a session of their own. Best effort without /proc/PID/task/TID/children.
void kill_descendants(pid_t root);

// SIGSTOP to every descendant of `root` (not to itself), again until none runs; and SIGCONT.
void stop_descendants(pid_t root);
void continue_descendants(pid_t root);

}  // namespace cb::ec2sim
