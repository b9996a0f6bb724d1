#pragma once
// The real clocks, and the real randomness: what the simulator replaces. Thread-safe.

#include <string>

#include "base/time.h"

namespace cb::io {

// CLOCK_BOOTTIME and CLOCK_REALTIME, read one after the other.
Now now();

// The kernel's name for this boot (/proc/sys/kernel/random/boot_id); empty where it cannot be read.
std::string boot_id();

// Twelve of [a-z0-9] from the kernel's generator, 62 bits: no two state directories share one.
std::string fresh_nonce();

}  // namespace cb::io
