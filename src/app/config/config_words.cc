#include "app/config/config_words.h"

#include <algorithm>
#include <array>
#include <vector>

#include "app/config/settings_value.h"
#include "base/text.h"

namespace cb::app {
namespace {

using namespace std::string_view_literals;

// https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
constexpr std::array kAreas{"af"sv, "ap"sv, "ca"sv, "cn"sv, "eu"sv, "eusc"sv,
                            "il"sv, "me"sv, "mx"sv, "sa"sv, "us"sv};
constexpr std::array kPlaces{"north"sv,     "south"sv,     "east"sv,      "west"sv,
                             "central"sv,   "northeast"sv, "northwest"sv, "southeast"sv,
                             "southwest"sv, "gov"sv,       "iso"sv,       "isob"sv,
                             "isoe"sv,      "isof"sv,      "de"sv};
const std::vector<std::string>& usual_regions() {
  static const std::vector<std::string> list{
      "us-east-1",      "us-east-2",      "us-west-1",      "us-west-2",      "af-south-1",
      "ap-east-1",      "ap-south-1",     "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
      "ap-southeast-1", "ap-southeast-2", "ca-central-1",   "ca-west-1",      "cn-north-1",
      "eu-central-1",   "eu-central-2",   "eu-north-1",     "eu-south-1",     "eu-west-1",
      "eu-west-2",      "eu-west-3",      "il-central-1",   "me-central-1",   "me-south-1",
      "mx-central-1",   "sa-east-1",      "us-gov-east-1",  "us-gov-west-1"};
  return list;
}

template <class List>
bool holds(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool has_form_of_region(std::string_view region) {
  const auto parts = split(region, '-');
  if (parts.size() < 3 || !holds(kAreas, parts.front())) return false;
  const auto number = parse_int(parts.back());
  if (!number || *number < 1 || parts.back().size() > 2) return false;
  return std::all_of(parts.begin() + 1, parts.end() - 1,
                     [](std::string_view part) { return holds(kPlaces, part); });
}

}  // namespace

bool is_placeholder(std::string_view text) {
  const bool bracketed = text.size() > 2 && text.starts_with('<') && text.ends_with('>');
  const std::size_t dash = text.rfind('-');
  const std::string_view tail = dash == text.npos ? ""sv : text.substr(dash + 1);
  const bool crossed = tail.size() > 2 && tail.find_first_not_of("xX") == tail.npos;
  return bracketed || crossed || text.find("...") != text.npos || text.starts_with("YOUR_") ||
         text.starts_with("your-");
}

std::string wrong_region(const std::string& region) {
  if (has_form_of_region(region)) return "";
  const std::string near = nearest(region, usual_regions());
  return str(region, " is no AWS region", near.empty() ? "; write one such as us-east-1" : "",
             near.empty() ? "" : "; did you mean ", near, near.empty() ? "" : "?");
}

}  // namespace cb::app
