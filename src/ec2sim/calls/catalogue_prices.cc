// What spot instances cost, and cost before.

#include <algorithm>

#include "base/text.h"
#include "base/time.h"
#include "ec2sim/api/refusal.h"
#include "ec2sim/calls/answers.h"
#include "ec2sim/calls/catalogue.h"
#include "ec2sim/calls/filters.h"
#include "ec2sim/calls/paging.h"
#include "ec2sim/model/chance.h"
#include "ec2sim/model/instance_types.h"
#include "ec2sim/model/prices.h"
#include "ec2sim/model/zones.h"

namespace cb::ec2sim {
namespace {

using Values = std::vector<std::string>;

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSpotPriceHistory.html
constexpr Micros kHistory = std::chrono::days{90};
constexpr Micros kUnasked = std::chrono::days{1};  // without a StartTime
constexpr std::string_view kProduct = "Linux/UNIX";

struct Line {
  std::string type;
  std::string zone;
  SpotPrice price;
};

// "0.999600": dollars, as EC2 writes them.
std::string dollars(Money money) {
  const std::string digits = std::to_string(money.micro_dollars % 1'000'000);
  return str(money.micro_dollars / 1'000'000, '.', std::string(6 - digits.size(), '0'), digits);
}

constexpr FilterField<Line> kPriceFields[] = {
    {"instance-type", [](const Line& line) { return Values{line.type}; }},
    {"availability-zone", [](const Line& line) { return Values{line.zone}; }},
    {"product-description", [](const Line&) { return Values{std::string(kProduct)}; }},
    {"spot-price", [](const Line& line) { return Values{dollars(line.price.hourly)}; }},
    {"timestamp", [](const Line& line) { return Values{ec2_time(line.price.since_wall)}; }},
};

// A fraction of a second, which clients send in several lengths, is left out.
Micros moment(const Query& query, const std::string& name, Micros otherwise) {
  if (!query.has(name)) return otherwise;
  const std::string text = query.text(name);
  const std::size_t dot = text.find('.');
  const auto parsed = parse_iso8601(dot == std::string::npos ? text : text.substr(0, dot) + 'Z');
  if (!parsed) bad_value(name, text, "It must be a time such as 2026-11-23T10:00:00Z.");
  return std::chrono::duration_cast<Micros>(parsed->time_since_epoch());
}

Values asked_types(const Query& query, const Settings& settings) {
  Values types = query.list("InstanceType");
  for (const std::string& type : types) {
    if (!find_type(type)) bad_value("InstanceType", type, "There is no such type.");
  }
  if (types.empty()) types = known_types();
  std::erase_if(types,
                [&](const auto& type) { return !any_matches(settings.instance_types, type); });
  return types;
}

Values zones_asked_for(const Query& query, const Question& asked) {
  Values zones = zones_of(asked.settings, asked.region);
  const std::string name = query.text("AvailabilityZone");
  const std::string id = query.text("AvailabilityZoneId");
  if (!name.empty() && !id.empty()) {
    bad_combination("The parameters availabilityZone and availabilityZoneId exclude each other.");
  }
  std::erase_if(zones, [&](const std::string& zone) {
    return (!name.empty() && zone != name) || (!id.empty() && zone_id(zone) != id);
  });
  if (zones.empty()) {
    throw Refusal{"InvalidParameterValue", str("Invalid availability zone: [", name, id, "]")};
  }
  return zones;
}

// Instances in a VPC, which is all that the simulator has, cost what it says without.
bool linux_asked_for(const Query& query) {
  const Values products = query.list("ProductDescription");
  return products.empty() ||
         std::ranges::any_of(products, [](const auto& name) { return name.starts_with(kProduct); });
}

std::vector<Line> lines_of(const Query& query, const Question& asked) {
  const Micros to = std::min(moment(query, "EndTime", asked.wall), asked.wall);
  const Micros oldest = asked.wall - kHistory;
  const Micros asked_from = moment(query, "StartTime", asked.wall - kUnasked);
  const Micros from = std::min(std::max(asked_from, oldest), to);
  std::vector<Line> lines;
  if (!linux_asked_for(query)) return lines;
  const Values zones = zones_asked_for(query, asked);
  for (const std::string& type : asked_types(query, asked.settings)) {
    for (const std::string& zone : zones) {
      for (const SpotPrice& price : spot_prices(asked.settings, type, zone, from, to)) {
        lines.push_back({type, zone, price});
      }
    }
  }
  std::ranges::stable_sort(lines, std::greater{},
                           [](const Line& line) { return line.price.since_wall; });
  return lines;
}

}  // namespace

std::string spot_prices_answer(const Question& asked) {
  constexpr PageSizes kSizes{1, 1000};
  const Query query(asked.parameters);
  const auto filters = read_filters(query);
  auto lines = lines_of(query, asked);
  std::erase_if(lines,
                [&](const Line& line) { return !passes(filters, values_in(kPriceFields, line)); });
  const auto page = page_of(lines, query, kSizes);
  Xml xml;
  open_answer(xml, "DescribeSpotPriceHistory", asked.request_id);
  xml.open("spotPriceHistorySet");
  for (const Line& line : page.items) {
    xml.open("item")
        .leaf("instanceType", line.type)
        .leaf("productDescription", kProduct)
        .leaf("spotPrice", dollars(line.price.hourly))
        .leaf("timestamp", ec2_time(line.price.since_wall))
        .leaf("availabilityZone", line.zone)
        .leaf("availabilityZoneId", zone_id(line.zone))
        .close("item");
  }
  xml.close("spotPriceHistorySet").given("nextToken", page.next_token);
  return close_answer(xml, "DescribeSpotPriceHistory");
}

}  // namespace cb::ec2sim
