#pragma once
// What can be wrong with settings that are each within their range.

#include <string>
#include <vector>

#include "app/config/config_load.h"

namespace cb::app {

// No region in which the pool launches has an image: nothing can be launched.
bool lacks_images(const core::Settings& settings, const core::PoolSettings& pool);

// Appends to `loaded.warnings`, and returns the faults: sentences that name place and key.
std::vector<std::string> check_config(LoadedConfig& loaded);

}  // namespace cb::app
