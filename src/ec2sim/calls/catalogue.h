#pragma once
// The answers about what exists: images, key pairs, security groups, regions and what is in them.

#include <string>
#include <string_view>

#include "ec2sim/api/query.h"
#include "ec2sim/settings/settings.h"

namespace cb::ec2sim {

struct Question {
  const Parameters& parameters;  // they passed check_parameters()
  const Settings& settings;
  std::string_view region;
  std::string_view request_id;
  Micros wall{0};  // now
};

// Each throws Refusal for a name that does not exist, or a filter that is not known.
std::string images_answer(const Question& asked);
std::string keys_answer(const Question& asked);
std::string groups_answer(const Question& asked);
std::string regions_answer(const Question& asked);
// catalogue_places.cc
std::string zones_answer(const Question& asked);
std::string subnets_answer(const Question& asked);
// catalogue_types.cc
std::string types_answer(const Question& asked);
std::string offerings_answer(const Question& asked);
// catalogue_prices.cc
std::string spot_prices_answer(const Question& asked);

}  // namespace cb::ec2sim
