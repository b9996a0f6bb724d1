// Prints the user data of a launch for pool default, as EC2 gets it: user_data CONFIG_FILE
#include <iostream>

#include "app/config/config_load.h"
#include "core/launch/user_data.h"
#include "wire/gzip.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto loaded = cb::app::load_config({argv[1], {}}, {{"HOME", "/home/lab"}});
  if (!loaded) {
    std::cerr << loaded.error().what << "\n";
    return 1;
  }
  const cb::core::Settings& settings = loaded->config.core;
  const auto& own = settings.pools.at(cb::PoolName{"default"}).user_data;
  std::cout << cb::wire::fitting_user_data(cb::core::user_data(settings.max_lifetime, own));
}
